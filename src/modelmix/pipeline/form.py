"""The form of an export."""

from enum import StrEnum


class Form(StrEnum):
    """Form of the rows."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
