"""The retail domain's tools over its database, as the benchmark's policy describes them.

Each refuses with Refused what the policy forbids in code; the rest of the policy is the agent's to keep.
"""

import ast
import json
import operator
from collections import Counter
from collections.abc import Callable
from typing import Any

from evals.tau2.data import Action, Database, Order, OrderItem, OrderPayment, Product, User, Variant

CANCEL_REASONS = ("no longer needed", "ordered by mistake")


class Refused(Exception):
    """The tool does not do that; the message is for the agent."""


class Shop:
    """The tools. Those in `WRITES` change the database."""

    WRITES = frozenset(
        {
            "cancel_pending_order",
            "modify_pending_order_address",
            "modify_pending_order_items",
            "modify_pending_order_payment",
            "modify_user_address",
            "return_delivered_order_items",
            "exchange_delivered_order_items",
        }
    )

    def __init__(self, database: Database) -> None:
        self.database = database
        self.calls: list[Action] = []
        self.transferred = False

    # Reading

    def find_user_id_by_email(self, email: str) -> str:
        """Find a user's id by e-mail. Try this first."""
        for user in self.database.users.values():
            if user.email.casefold() == email.strip().casefold():
                return user.user_id
        raise Refused("User not found")

    def find_user_id_by_name_zip(self, first_name: str, last_name: str, zip: str) -> str:
        """Find a user's id by first name, last name and zip code, for users who do not remember their e-mail."""
        wanted = (first_name.casefold(), last_name.casefold(), zip)
        for user in self.database.users.values():
            if (user.name["first_name"].casefold(), user.name["last_name"].casefold(), user.address["zip"]) == wanted:
                return user.user_id
        raise Refused("User not found")

    def get_user_details(self, user_id: str) -> User:
        """Get a user's details with ways of paying and the ids of the orders."""
        if user_id not in self.database.users:
            raise Refused("User not found")
        return self.database.users[user_id]

    def get_order_details(self, order_id: str) -> Order:
        """Get an order. The id begins with '#', such as '#W0000000'."""
        if order_id not in self.database.orders:
            raise Refused("Order not found")
        return self.database.orders[order_id]

    def list_all_product_types(self) -> str:
        """List the names of all product types with their product ids, as JSON."""
        return json.dumps({product.name: product.product_id for product in self.database.products.values()}, sort_keys=True)

    def get_product_details(self, product_id: str) -> Product:
        """Get a product type with all its items. A product id is not an item id."""
        if product_id not in self.database.products:
            raise Refused("Product not found")
        return self.database.products[product_id]

    def get_item_details(self, item_id: str) -> Variant:
        """Get one item."""
        for product in self.database.products.values():
            if item_id in product.variants:
                return product.variants[item_id]
        raise Refused("Item not found")

    def calculate(self, expression: str) -> str:
        """Calculate with numbers, + - * / and parentheses."""
        try:
            return str(round(_value(ast.parse(expression, mode="eval").body), 2))
        except (SyntaxError, ValueError, ZeroDivisionError) as error:
            raise Refused("Invalid expression") from error

    def transfer_to_human_agents(self, summary: str) -> str:
        """Hand the user over to a person, with a summary, when nothing else helps or the user insists."""
        self.transferred = True
        return "Transfer successful"

    # Pending orders

    def cancel_pending_order(self, order_id: str, reason: str) -> Order:
        """Cancel a pending order. `reason` is 'no longer needed' or 'ordered by mistake'. The user must have agreed."""
        order = self._in_status(order_id, "pending")
        if reason not in CANCEL_REASONS:
            raise Refused("Invalid reason")
        refunds = []
        for payment in order.payment_history:
            refunds.append(self._moved("refund", payment.amount, payment.payment_method_id))
            self._credit(order.user_id, payment.payment_method_id, payment.amount)
        order.status = "cancelled"
        _set(order, cancel_reason=reason)
        order.payment_history.extend(refunds)
        return order

    def modify_pending_order_address(
        self, order_id: str, address1: str, address2: str, city: str, state: str, country: str, zip: str
    ) -> Order:
        """Change where a pending order goes. The user must have agreed."""
        order = self._in_status(order_id, "pending", exactly=False)
        order.address = _address(address1, address2, city, state, country, zip)
        return order

    def modify_pending_order_payment(self, order_id: str, payment_method_id: str) -> Order:
        """Pay a pending order in another way. The user must have agreed."""
        order = self._in_status(order_id, "pending", exactly=False)
        method = self._method(order.user_id, payment_method_id)
        if len(order.payment_history) != 1 or order.payment_history[0].transaction_type != "payment":
            raise Refused("There should be exactly one payment for a pending order")
        paid = order.payment_history[0]
        if paid.payment_method_id == payment_method_id:
            raise Refused("The new payment method should be different from the current one")
        if "balance" in method and method["balance"] < paid.amount:
            raise Refused("Insufficient gift card balance to pay for the order")
        order.payment_history.append(self._moved("payment", paid.amount, payment_method_id))
        order.payment_history.append(self._moved("refund", paid.amount, paid.payment_method_id))
        self._credit(order.user_id, payment_method_id, -paid.amount)
        self._credit(order.user_id, paid.payment_method_id, paid.amount)
        return order

    def modify_pending_order_items(
        self, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
    ) -> Order:
        """Exchange items of a pending order for others of the same product; once only. The user must have agreed."""
        order = self._in_status(order_id, "pending")
        difference, pairs = self._exchange(order, item_ids, new_item_ids)
        method = self._method(order.user_id, payment_method_id)
        if "balance" in method and method["balance"] < difference:
            raise Refused("Insufficient gift card balance to pay for the new item")
        kind = "payment" if difference > 0 else "refund"
        order.payment_history.append(self._moved(kind, abs(difference), payment_method_id))
        self._credit(order.user_id, payment_method_id, -difference)
        for item, variant in pairs:
            item.item_id, item.price, item.options = variant.item_id, variant.price, variant.options
        order.status = "pending (item modified)"
        return order

    # Delivered orders

    def return_delivered_order_items(self, order_id: str, item_ids: list[str], payment_method_id: str) -> Order:
        """Ask for the return of items of a delivered order. The user must have agreed."""
        order = self._in_status(order_id, "delivered")
        method = self._method(order.user_id, payment_method_id)
        if "balance" not in method and payment_method_id != order.payment_history[0].payment_method_id:
            raise Refused("Payment method should be either the original payment method or a gift card")
        self._has(order, item_ids)
        order.status = "return requested"
        _set(order, return_items=sorted(item_ids), return_payment_method_id=payment_method_id)
        return order

    def exchange_delivered_order_items(
        self, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
    ) -> Order:
        """Ask for the exchange of items of a delivered order for others of the same product. The user must have agreed."""
        order = self._in_status(order_id, "delivered")
        difference, _ = self._exchange(order, item_ids, new_item_ids)
        method = self._method(order.user_id, payment_method_id)
        if "balance" in method and method["balance"] < difference:
            raise Refused("Insufficient gift card balance to pay for the price difference")
        order.status = "exchange requested"
        _set(
            order,
            exchange_items=sorted(item_ids),
            exchange_new_items=sorted(new_item_ids),
            exchange_payment_method_id=payment_method_id,
            exchange_price_difference=difference,
        )
        return order

    def modify_user_address(
        self, user_id: str, address1: str, address2: str, city: str, state: str, country: str, zip: str
    ) -> User:
        """Change a user's default address. The user must have agreed."""
        user = self.get_user_details(user_id)
        user.address = _address(address1, address2, city, state, country, zip)
        return user

    # What the tools share

    def tools(self) -> dict[str, Callable[..., Any]]:
        """All tools by name."""
        names = [name for name in vars(Shop) if not name.startswith("_") and name not in ("WRITES", "tools", "perform")]
        return {name: getattr(self, name) for name in names}

    def perform(self, action: Action) -> None:
        """Do a call of a reference solution; a refusal changes nothing."""
        try:
            self.tools()[action.name](**action.arguments)
        except Refused:
            return

    def _in_status(self, order_id: str, status: str, *, exactly: bool = True) -> Order:
        order = self.get_order_details(order_id)
        if order.status != status and (exactly or status not in order.status):
            raise Refused(f"Only a {status} order can be changed so; this one is {order.status}")
        return order

    def _method(self, user_id: str, method_id: str) -> dict[str, Any]:
        methods = self.get_user_details(user_id).payment_methods
        if method_id not in methods:
            raise Refused("Payment method not found")
        return methods[method_id]

    def _credit(self, user_id: str, method_id: str, amount: float) -> None:
        """Money on a gift card moves at once; on other ways of paying it is not ours to move."""
        method = self._method(user_id, method_id)
        if "balance" in method:
            method["balance"] = round(method["balance"] + amount, 2)

    @staticmethod
    def _moved(kind: str, amount: float, method_id: str) -> OrderPayment:
        return OrderPayment(transaction_type=kind, amount=amount, payment_method_id=method_id)

    @staticmethod
    def _has(order: Order, item_ids: list[str]) -> None:
        held = Counter(item.item_id for item in order.items)
        if missing := Counter(item_ids) - held:
            raise Refused(f"The order does not have {', '.join(missing)}")

    def _exchange(
        self, order: Order, item_ids: list[str], new_item_ids: list[str]
    ) -> tuple[float, list[tuple[OrderItem, Variant]]]:
        """What an exchange costs more, and which items become which."""
        self._has(order, item_ids)
        if len(item_ids) != len(new_item_ids):
            raise Refused("The number of items to be exchanged should match")
        left, pairs, difference = list(order.items), [], 0.0
        for item_id, new_item_id in zip(item_ids, new_item_ids, strict=True):
            item = next(item for item in left if item.item_id == item_id)
            left.remove(item)
            variant = self.get_product_details(item.product_id).variants.get(new_item_id)
            if variant is None or not variant.available or new_item_id == item_id:
                raise Refused(f"New item {new_item_id} not found or not available")
            pairs.append((item, variant))
            difference += variant.price - item.price
        return round(difference, 2), pairs


def _address(address1: str, address2: str, city: str, state: str, country: str, zip: str) -> dict[str, Any]:
    return {"address1": address1, "address2": address2, "city": city, "state": state, "country": country, "zip": zip}


def _set(order: Order, **values: Any) -> None:
    for name, value in values.items():
        setattr(order, name, value)


_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    raise ValueError("not a calculation")
