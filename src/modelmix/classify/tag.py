"""Task type: the name that a caller gives, else a default, else the template, else nothing."""

import re

from modelmix.classify.template import Template
from modelmix.core.call import UNTYPED

LONGEST_TAG = 64
SHORT_SHA = 6

_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]*")


def plain_tag(tag: object) -> tuple[str, str]:
    """Check the task type that a caller names.

    A tag has 1 to 64 ASCII letters, digits, ``.``, ``_``, ``:``, ``/`` or ``-`` and begins with a letter or a
    digit; blanks around it do not count.

    Args:
        tag: Value of the ``modelmix-task`` header, of a key's default, or of a log's field.

    Returns:
        The tag and an empty reason; or an empty tag and the reason why this one is treated as absent,
        which is empty too where there was none.
    """
    if tag is None or tag == "":
        return "", ""
    if not isinstance(tag, str):
        return "", "the task type is not a text"
    tag = tag.strip()
    if len(tag) > LONGEST_TAG:
        return "", f"the task type is longer than {LONGEST_TAG} characters"
    if tag and not _TAG.fullmatch(tag):
        return (
            "",
            "the task type is not made of letters, digits and . _ : / - beginning with a letter or digit",
        )
    return tag, ""


def task_type(tag: object, default: object, template: Template) -> tuple[str, str]:
    """Name the task type of a request and what told it.

    Args:
        tag: What the caller named, or None.
        default: What the caller's key or URL prefix stands for, or None.
        template: Fingerprint of the system prompt.

    Returns:
        Name and source: the tag (``tag``), else the default (``default``), else the template's label with the
        first six digits of its fingerprint (``template``), else ``untyped`` (``none``). An invalid tag or
        default counts as absent.
    """
    for value, source in ((tag, "tag"), (default, "default")):
        name = plain_tag(value)[0]
        if name:
            return name, source
    if template.sha:
        return f"{template.label}-{template.sha[:SHORT_SHA]}", "template"
    return UNTYPED, "none"
