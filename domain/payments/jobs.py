"""What payments keep from being forgotten: the receipts that customers sent."""

from typing import Final

from core.jobs import FileHolder

FILE_HOLDERS: Final = (FileHolder("payment_receipts"),)
