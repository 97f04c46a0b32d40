-- Units of evidence by task type, model and effort, and how many of them the baseline has answered too.
-- A unit is a cluster of prompts where rows name one, else a prompt; its samples are averaged first.
-- Takes: outcomes (files), baseline_model, baseline_effort (the empty text if it names none).
WITH units AS (
  SELECT
    task_type,
    coalesce(cluster_id, prompt_id) AS unit,
    model,
    coalesce(effort, '') AS effort,
    avg(score) AS score,
    count(*) AS samples
  FROM read_parquet($outcomes, union_by_name := true)
  GROUP BY 1, 2, 3, 4
),
baseline AS (
  SELECT task_type, unit, score
  FROM units
  WHERE model = $baseline_model AND effort = $baseline_effort
)
SELECT
  units.task_type,
  units.model,
  units.effort,
  count(*) AS units,
  CAST(sum(units.samples) AS BIGINT) AS samples,
  count(baseline.unit) AS paired_units,
  avg(units.score) AS mean_score,
  avg(baseline.score - units.score) AS mean_loss
FROM units
LEFT JOIN baseline ON baseline.task_type = units.task_type AND baseline.unit = units.unit
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
