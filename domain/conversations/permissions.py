"""What can be allowed around conversations: their words, their files, whose voice it is, and what staff are told."""

from core.access import Permission


class ConversationsPermission(Permission):
    """Permissions on conversations."""

    READ = "conversations:read", "Read conversations."
    REPLY = "conversations:reply", "Write to a customer."
    TAKE = "conversations:take", "Take a conversation over, and give it back."


class FilesPermission(Permission):
    """Permissions on files of customers."""

    READ = "files:read", "See the files that customers sent."


class HandoffPermission(Permission):
    """Permissions on handing over to a person."""

    REQUEST = "handoff:request", "Ask for a person."


class NotificationsPermission(Permission):
    """Permissions on notifications."""

    RAISE = "notifications:raise", "Tell the staff what came of one's deeds."
