-- Calls and tokens by UTC day, and the cost that the sources themselves state (a claim, not the bill).
-- Takes: calls (files), since and until (days, half-open; null leaves that side open).
SELECT
  CAST(ts AS DATE) AS day,
  count(*) AS calls,
  CAST(sum(input_tokens) AS BIGINT) AS input_tokens,
  CAST(sum(cache_read_tokens) AS BIGINT) AS cache_read_tokens,
  CAST(sum(cache_write_5m_tokens) AS BIGINT) AS cache_write_5m_tokens,
  CAST(sum(cache_write_1h_tokens) AS BIGINT) AS cache_write_1h_tokens,
  CAST(sum(output_tokens) AS BIGINT) AS output_tokens,
  CAST(
    sum(input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + output_tokens) AS BIGINT
  ) AS total_tokens,
  sum(CAST(reported_usd AS DECIMAL(38, 12))) AS reported_usd
FROM read_parquet($calls, union_by_name := true, hive_partitioning := false)
WHERE (CAST($since AS DATE) IS NULL OR ts >= CAST($since AS DATE))
  AND (CAST($until AS DATE) IS NULL OR ts < CAST($until AS DATE))
GROUP BY 1
ORDER BY day
