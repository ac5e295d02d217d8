"""What a plugin's options are, as its declaration says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tailpipe_resources.options import documentation

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from tailpipe_resources.options import Options


def options_of(declared: type[Options]) -> list[dict[str, Any]]:
    """Name, type, default and documentation of each option."""
    documented = documentation(declared)
    return [_option(name, field, documented.get(name, "")) for name, field in declared.model_fields.items()]


def _option(name: str, field: FieldInfo, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": _type_name(field.annotation),
        "required": field.is_required(),
        "default": None if field.is_required() else _plain_default(field),
        "description": " ".join(description.split()),
    }


def _plain_default(field: FieldInfo) -> Any:
    default = field.get_default(call_default_factory=True, validated_data={})
    return default if isinstance(default, str | int | float | bool | list | dict | None) else str(default)


def _type_name(annotation: Any) -> str:
    if isinstance(annotation, type) and not hasattr(annotation, "__args__"):
        return annotation.__name__
    return str(annotation).replace("typing.", "").replace(" | None", "").replace("tailpipe_resources.model.", "")
