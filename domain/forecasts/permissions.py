"""What can be allowed around forecasts."""

from core.access import Permission


class ForecastsPermission(Permission):
    """Permissions on forecasts."""

    READ = "forecasts:read", "See what will probably be sold, and how good such forecasts were."
    TRAIN = "forecasts:train", "Have forecasts made anew."
