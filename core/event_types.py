"""The closed set of what can happen: every type of event, with the version of the values that it carries."""

from enum import StrEnum


class EventType(StrEnum):
    """What happened, as `subject.past_participle`; the part before the dot is the kind of the subject.

    `version` counts the shapes that a type's `before` and `after` have had. Whoever changes a shape writes the next
    version beside the name; events that are stored keep theirs.
    """

    version: int

    def __new__(cls, name: str, version: int = 1) -> "EventType":
        """A member by its name, and the version of its values."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.version = version
        return member

    @property
    def subject_kind(self) -> str:
        """The kind of thing that it happens to, such as `order`."""
        return self.value.split(".")[0]

    WORKSPACE_CREATED = "workspace.created"
    WORKSPACE_CHANGED = "workspace.changed"
    WORKSPACE_DELETED = "workspace.deleted"
    WORKSPACE_RESTORED = "workspace.restored"
    MEMBERSHIP_INVITED = "membership.invited"
    MEMBERSHIP_CREATED = "membership.created"
    MEMBERSHIP_CHANGED = "membership.changed"
    ROLE_CREATED = "role.created"
    ROLE_CHANGED = "role.changed"
    ROLE_DELETED = "role.deleted"
    API_KEY_CREATED = "api_key.created"
    API_KEY_REVOKED = "api_key.revoked"
    CONNECTION_CREATED = "connection.created"
    CONNECTION_CHANGED = "connection.changed"
    CONNECTION_CREDENTIALS_ROTATED = "connection.credentials_rotated"

    UNIT_CREATED = "unit.created"
    STORE_CREATED = "store.created"
    STORE_CHANGED = "store.changed"
    CATEGORY_CREATED = "category.created"
    CATEGORY_CHANGED = "category.changed"
    SYNONYM_CREATED = "synonym.created"
    PRODUCT_CREATED = "product.created"
    PRODUCT_CHANGED = "product.changed"
    PRODUCT_REPRICED = "product.repriced"
    PRODUCT_VARIANT_ADDED = "product.variant_added"
    PRODUCT_VARIANT_CHANGED = "product.variant_changed"
    PRODUCT_PRICE_PLANNED = "product.price_planned"
    PRODUCT_PRICE_WITHDRAWN = "product.price_withdrawn"

    # The subject of what happens to stock is the level: one variant in one store.
    STOCK_ADJUSTED = "stock.adjusted"
    STOCK_RECEIVED = "stock.received"
    STOCK_COUNTED = "stock.counted"
    STOCK_SENT = "stock.sent"
    STOCK_ARRIVED = "stock.arrived"
    STOCK_LOST = "stock.lost"
    STOCK_IMPORTED = "stock.imported"
    STOCK_SENT_BACK = "stock.sent_back"
    STOCK_TAKEN_BACK = "stock.taken_back"
    STOCK_LOW = "stock.low"
    STOCK_LIMITS_CHANGED = "stock.limits_changed"
    STOCK_HELD = "stock.held"
    STOCK_HOLD_EXPIRED = "stock.hold_expired"
    STOCK_RELEASED = "stock.released"
    STOCK_SOLD = "stock.sold"
    STOCK_PUT_BACK = "stock.put_back"

    STOCK_TRANSFER_REQUESTED = "stock_transfer.requested"
    STOCK_TRANSFER_APPROVED = "stock_transfer.approved"
    STOCK_TRANSFER_SENT = "stock_transfer.sent"
    STOCK_TRANSFER_SETTLED = "stock_transfer.settled"
    STOCK_TRANSFER_CANCELLED = "stock_transfer.cancelled"
    STOCK_COUNT_OPENED = "stock_count.opened"
    STOCK_COUNT_ENTERED = "stock_count.entered"
    STOCK_COUNT_CHOSEN = "stock_count.chosen"
    STOCK_COUNT_APPLIED = "stock_count.applied"
    STOCK_COUNT_CANCELLED = "stock_count.cancelled"

    SUPPLIER_CREATED = "supplier.created"
    SUPPLIER_CHANGED = "supplier.changed"
    SUPPLIER_PRODUCT_SET = "supplier.product_set"
    SUPPLIER_PRODUCT_REMOVED = "supplier.product_removed"
    PURCHASE_ORDER_DRAFTED = "purchase_order.drafted"
    PURCHASE_ORDER_CHANGED = "purchase_order.changed"
    PURCHASE_ORDER_SUBMITTED = "purchase_order.submitted"
    PURCHASE_ORDER_RECEIVED = "purchase_order.received"
    PURCHASE_ORDER_CLOSED = "purchase_order.closed"
    PURCHASE_ORDER_CANCELLED = "purchase_order.cancelled"
    GOODS_RECEIPT_BOOKED = "goods_receipt.booked"
    SUPPLIER_RETURN_SENT = "supplier_return.sent"
    ALERT_RAISED = "alert.raised"
    ALERT_CHANGED = "alert.changed"
    ALERT_ESCALATED = "alert.escalated"
    ALERT_RESOLVED = "alert.resolved"
    SALES_RECORDED = "sales.recorded"
    SALES_TAKEN_BACK = "sales.taken_back"
    IMPORT_BEGUN = "import.begun"
    IMPORT_COMPLETED = "import.completed"
    IMPORT_FAILED = "import.failed"
    IMPORT_UNDONE = "import.undone"
    IMPORT_HEADING_FORGOTTEN = "import_heading.forgotten"

    CUSTOMER_CREATED = "customer.created"
    CUSTOMER_CHANGED = "customer.changed", 2
    CUSTOMER_MERGED = "customer.merged"
    CUSTOMER_UNMERGED = "customer.unmerged"
    CUSTOMER_ADDRESS_SAVED = "customer_address.saved"
    CUSTOMER_ADDRESS_PREFERRED = "customer_address.preferred"
    CUSTOMER_ADDRESS_REMOVED = "customer_address.removed"
    CONTACT_ADDRESS_NUMBER_REASSIGNED = "contact_address.number_reassigned"

    ORDER_DRAFTED = "order.drafted"
    ORDER_RESTORED = "order.restored"
    ORDER_ITEM_ADDED = "order.item_added"
    ORDER_ITEM_CHANGED = "order.item_changed"
    ORDER_ITEMS_CHANGED = "order.items_changed"
    ORDER_ITEM_REMOVED = "order.item_removed"
    ORDER_DRAFT_CLEARED = "order.draft_cleared"
    ORDER_CART_APPLIED = "order.cart_applied"
    ORDER_DELIVERY_SET = "order.delivery_set"
    ORDER_PAYMENT_METHOD_CHOSEN = "order.payment_method_chosen"
    ORDER_REPRICED = "order.repriced"
    ORDER_STOCK_RESERVED = "order.stock_reserved"
    ORDER_CONFIRMATION_REQUESTED = "order.confirmation_requested"
    ORDER_CONFIRMATION_VOIDED = "order.confirmation_voided"
    ORDER_CONFIRMED = "order.confirmed"
    ORDER_AMENDMENT_BEGUN = "order.amendment_begun"
    ORDER_AMENDMENT_DROPPED = "order.amendment_dropped"
    ORDER_AMENDED = "order.amended"
    ORDER_PAYMENT_STATUS_CHANGED = "order.payment_status_changed"
    ORDER_PACKED = "order.packed"
    ORDER_SHIPPED = "order.shipped"
    ORDER_DELIVERED = "order.delivered"
    ORDER_CANCELLED = "order.cancelled"

    PAYMENT_CLAIMED = "payment.claimed"
    PAYMENT_CORRECTED = "payment.corrected"
    PAYMENT_LINKED = "payment.linked"
    PAYMENT_RECEIPT_LINKED = "payment.receipt_linked"
    PAYMENT_FLAGGED = "payment.flagged"
    PAYMENT_VERIFIED = "payment.verified"
    PAYMENT_REJECTED = "payment.rejected"
    ORDER_REFUNDED = "order.refunded"

    CUSTOMER_RETURN_REQUESTED = "customer_return.requested"
    CUSTOMER_RETURN_RECEIVED = "customer_return.received"
    CUSTOMER_RETURN_CLOSED = "customer_return.closed"
    CUSTOMER_RETURN_CANCELLED = "customer_return.cancelled"
    CREDIT_NOTE_ISSUED = "credit_note.issued"

    SITE_CREATED = "site.created"
    SITE_CHANGED = "site.changed"
    MACHINE_CREATED = "machine.created"
    MACHINE_CHANGED = "machine.changed"
    MACHINE_NOTED = "machine.noted"
    SENSOR_CREATED = "sensor.created"
    SENSOR_CHANGED = "sensor.changed"

    SESSION_MOVED = "session.moved"
    MESSAGE_EDITED = "message.edited"
    MESSAGE_DELETED = "message.deleted"
    MESSAGE_WRITTEN = "message.written"
    CONVERSATION_NOTED = "conversation.noted"
    HANDOFF_REQUESTED = "handoff.requested"
    HANDOFF_TAKEN = "handoff.taken"
    HANDOFF_RELEASED = "handoff.released"

    NOTIFICATION_PREFERENCES_CHANGED = "notification_preferences.changed"
    TOOL_CALLED = "tool.called"
    TOOL_REFUSED = "tool.refused"

    ATTACHMENT_REOPENED = "attachment.reopened"
    INBOUND_EVENT_REOPENED = "inbound_event.reopened"
    SUBSCRIPTION_CREATED = "subscription.created"
    SUBSCRIPTION_CHANGED = "subscription.changed"
    SUBSCRIPTION_SECRET_ROTATED = "subscription.secret_rotated"  # noqa: S105 - a name
    SUBSCRIPTION_CLOSED = "subscription.closed"
    SUBSCRIPTION_DELETED = "subscription.deleted"
    DEAD_LETTER_RETRIED = "dead_letter.retried"
    DEAD_LETTER_DISCARDED = "dead_letter.discarded"
