"""What can be allowed around machines."""

from core.access import Permission


class MachinesPermission(Permission):
    """Permissions on machines and their readings."""

    READ = "machines:read", "See machines, their readings and risks."
    WRITE = "machines:write", "Add and change sites, machines and sensors, and decide what a machine is compared with."
    OPERATE = "machines:operate", "Note what happens to machines, and release quarantined readings."
    INGEST = "machines:ingest", "Send readings of machines; meant for the keys of devices."
