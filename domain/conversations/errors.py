"""What can be wrong with a conversation and whose it is."""

from core.errors import Conflict, NotFound


class ConversationNotFound(NotFound):
    """No conversation of this workspace has this id."""

    code = "conversation_not_found"


class NotYourConversation(Conflict):
    """Another operator has this conversation, or nobody has taken it."""

    code = "not_your_conversation"


class MessagesUnseen(Conflict):
    """Others have written since the message that the writer saw last, or the conversation has no such message."""

    code = "messages_unseen"


class HandoffNotOpen(Conflict):
    """The conversation is with the agent."""

    code = "handoff_not_open"


class HandoffOpen(Conflict):
    """People attend the conversation already, or it was never with them: there is nothing to be opened again."""

    code = "handoff_open"


class SnoozePast(Conflict):
    """The time until which it shall rest is over."""

    code = "snooze_past"


class TooLate(Conflict):
    """The reply is on its way already, or it is not the caller's."""

    code = "too_late"


class SuggestionNotFound(NotFound):
    """Nobody has asked what the agent would answer, or somebody has written since."""

    code = "suggestion_not_found"
