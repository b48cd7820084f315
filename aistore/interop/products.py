"""Names the exports of other products, so that an error says what a file is and not only what it is not."""

from typing import Any

# The first whose keys are all there. Read from the exports themselves; no product documents its own.
_PRODUCTS: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (product, frozenset(keys.split()))
    for product, keys in (
        ("ChatGPT", "mapping current_node"),
        ("ChatGPT", "mapping title"),
        ("Claude", "uuid chat_messages"),
        ("Claude (its list of projects)", "uuid docs prompt_template"),
        ("Claude (its list of users)", "uuid full_name email_address"),
        ("Open WebUI", "chat user_id"),
        ("Open WebUI", "chat title"),
        ("LibreChat", "conversationId messages"),
        ("LibreChat", "conversationId messagesTree"),
        ("chatbot-ui", "version history folders"),
        ("chatbot-ui", "history prompts"),
        ("the OpenAI Agents SDK (a run state)", "$schemaVersion current_turn"),
        ("the OpenAI Responses API", "object output"),
        ("the OpenAI Chat Completions API", "object choices"),
        ("Google Takeout (Gemini activity)", "header products time"),
        ("Pydantic AI", "kind parts"),
        ("LangChain", "type data"),
        ("aistore", "id messages"),
        ("the Vercel AI SDK", "id role parts"),
        ("Anthropic Messages (single messages)", "role content"),
    )
)
_SHOWN_KEYS = 5


def described(value: Any) -> str:
    """What a decoded value is, as the middle of a sentence: "an export of Claude"."""
    if not isinstance(value, dict):
        return f"JSON of no known product ({type(value).__name__} where an object belongs)"
    for product, marks in _PRODUCTS:
        if marks <= value.keys():
            return f"an export of {product}"
    keys = ", ".join(repr(key[:40]) for key in list(value)[:_SHOWN_KEYS])
    return f"JSON of a product that is not known (its keys are {keys or 'none'})"
