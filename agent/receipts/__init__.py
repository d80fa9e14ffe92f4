"""The receipts gate: no claim without a receipt."""

from agent.receipts.filling import complete, fill, slots
from agent.receipts.gate import check
from agent.receipts.verdict import Accepted, Reason, Refused, Verdict

__all__ = ["Accepted", "Reason", "Refused", "Verdict", "check", "complete", "fill", "slots"]
