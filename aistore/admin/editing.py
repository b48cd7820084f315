"""The few columns of a conversation that people change by hand."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..fields import readable
from ..models import Conversation


class ExactCharField(forms.CharField):
    """Text that is saved only if somebody changed it: what a form cannot show comes back as its picture, and
    must not replace what is stored."""

    widget = forms.TextInput(attrs={"class": "vTextField"})

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, required=False, **options)

    def prepare_value(self, value: Any) -> Any:
        return readable(value) if isinstance(value, str) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return not self.disabled and (self.prepare_value(initial) or "") != (data or "")


class TagsField(ExactCharField):
    def prepare_value(self, value: Any) -> Any:
        return super().prepare_value(", ".join(value) if isinstance(value, list) else value)

    def to_python(self, value: Any) -> Any:
        tags = (tag.strip() for tag in (value or "").split(","))
        return list(dict.fromkeys(tag for tag in tags if tag))


class ConversationForm(forms.ModelForm):
    title = ExactCharField(label=_("Title"))
    tags = TagsField(label=_("Tags"), help_text=_("Separated by commas."))

    class Meta:
        model = Conversation
        fields = ["title", "tags", "is_pinned", "is_archived"]


class MarksForm(forms.ModelForm):
    """For who may change a conversation and not read it."""

    class Meta:
        model = Conversation
        fields = ["is_pinned", "is_archived"]
