"""The JSON Schema of the policy file, for editors and other programs."""

import json

from modelmix.policy.document import PolicyDocument

SCHEMA_ID = "https://raw.githubusercontent.com/modelmix/modelmix/main/src/modelmix/data/policy.schema.json"
"""Where the schema is published; a copy comes with the package as ``data/policy.schema.json``."""


def schema() -> bytes:
    """Write the schema as the package carries it: JSON, indented, with a final line break."""
    generated = PolicyDocument.model_json_schema(mode="validation")
    generated["required"] = ["modelmix", *generated["required"]]
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **generated,
        "title": "modelmix policy",
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
