"""What can be allowed around a workspace itself."""

from core.access import Permission


class WorkspacePermission(Permission):
    """Permissions on the workspace."""

    READ = "workspace:read", "See how the workspace and its lines are set up, without any secrets."
