"""What is said of one product or quantity of a message: the lines that the walk makes and the rules settle."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from agent.lexical.reader.goods import Mention
from agent.lexical.reader.quantities import Quantity


class Mode(StrEnum):
    """What is said of a product."""

    ADD = "add"
    REFUSE = "refuse"
    CORRECT = "correct"
    CONDITION = "condition"
    TELL = "tell"
    ASK = "ask"
    ASK_PRICE = "ask_price"


@dataclass
class Line:
    """A product or a quantity of the message with all that is said of it; `start` and `end` are its tokens."""

    start: int
    end: int
    mention: Mention | None = None
    quantity: Quantity | None = None
    mode: Mode = Mode.ADD
    is_wished: bool = False
    """A verb of wishing governs it."""
    is_single: bool = False
    """Named behind a singular article."""
    is_definite: bool = False
    """Named behind an article that points to what is known."""
    is_some: bool = False
    """Named behind `unos`, `unas`."""
    is_with: bool = False
    """Named behind `con`: perhaps a part of what stands before it."""
    is_doubled: bool = False
    """Two numbers were said of it."""
    is_about: bool = False
    """Its quantity stands within the question: `precio del kilo de queso`, `hay 2 harinas?`."""
    is_asked: bool = False
    """Stands in a question."""
    is_each: bool = False
    is_weak: bool = False
    is_taken: bool = False
    """Refused by a verb of taking out, and not only denied: `quita 2`, not `no 2`."""
    is_out: bool = False
    """What another thing takes the place of: `cambia A por B`, `en vez de A`."""
    is_replaced_by_last: bool = False
    """That other thing stands before it: `B en vez de A`."""
    is_more: bool = False
    """So many beside those that there are: `2 más`, `otra`."""
    is_set: bool = False
    """So many in all: `que sean 3`."""
    is_total: bool = False
    """So many of all together: `son 5 en total`."""
    is_changed: bool = False
    """Named with what it is to become: `cambia el arroz a 4`, `cambia el café de 250 por el de 500`."""
    is_unclear: bool = False
    """So many in all or more, nobody knows: `ponle 3`."""
    is_kept: bool = False
    """All else is taken out: `quita todo menos A`."""
    is_left: bool = False
    """Left out, or left as it is: `el toddy dejalo`."""
    of_size: str = ""
    """The size of what it is about: `el 39 que sea 37`."""
    instead_of: Quantity | None = None
    """The number that is denied beside it: `son 4, no 6`."""
    clause: int = 0
    touched: tuple[int, ...] = ()
    """The unexplained tokens that touch it."""
    size: Quantity | None = None
    """How large or heavy one shall be, where no name on sale says it."""
    sized: tuple[int, ...] = ()
    """The tokens that say a size."""
    price: Decimal | None = None
    """A price that the customer wrote beside it: of one, or of the line."""
    counted_at: int = -1
    """Where its quantity begins."""
    is_denied: bool = False
    """Said again behind a bare no."""
    is_supposed: bool = False
    """Stands behind a condition."""
    is_part: bool = False
    """So many of what is counted before it: `y que una sea amarilla`."""
    is_rest: bool = False
    """What is left of a quantity of which a part is told apart."""
    is_doubted: bool = False
    """Something else that is said may take it back."""
    is_borrowed: bool = False
    """Its number does not stand in its own noun phrase."""
    is_size: bool = False
    """Its quantity only tells how large one is: `la de litro`."""
    governed_by: int = -1
    """Where the operator begins that its mode is of."""
    either: tuple[Mention, ...] = ()
    """What it may be instead: `una pepsi o una coca`, `Kraft si no pasa de 70 mil, si no Mavesa`."""

    @property
    def is_only_asked(self) -> bool:
        """Whether it is asked about and not ordered, as its quantity stands within the question if it has one."""
        return self.quantity is None or (self.is_about and (self.is_asked or self.mode is Mode.ASK_PRICE))

    @property
    def says_which(self) -> bool:
        """Whether a thing is named with its number or its size, so that both can be what was corrected."""
        return self.mention is not None and (self.quantity is not None or bool(self.sized or self.mention.label))

    @property
    def is_bare(self) -> bool:
        """Only a quantity."""
        return self.mention is None
