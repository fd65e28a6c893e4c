"""Attribution: which message earned a purchase.

The last one that a human clicked, within the days that the workspace gives a click; else the last SMS, WhatsApp or
push delivered within its hours. Opens earn nothing: machines open, too. What is refunded is taken back.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from cdp.lib import db
from profiles.models import Settings

# What a purchase is worth now.
WORTH: Final = """
    CASE WHEN purchase.cancelled_at IS NULL
        THEN greatest(purchase.amount_base - purchase.refunded_base, 0) ELSE 0 END
"""
CORRECT: Final = f"""
    UPDATE journeys_credit credit SET amount_base = {WORTH}
    FROM profiles_purchase purchase
    WHERE credit.purchase_id = purchase.id AND purchase.id = ANY(%(purchases)s)
        AND credit.amount_base IS DISTINCT FROM {WORTH}
"""
# A purchase's contact may be one whose merge still moves rows; messages have moved already.
CREDIT: Final = f"""
    INSERT INTO journeys_credit
        (purchase_id, message_id, message_entered_at, version_id, step, rule, amount_base, credited_at)
    SELECT purchase.id, earner.id, earner.run_entered_at, earner.version_id, earner.step, earner.rule, {WORTH},
        %(now)s
    FROM profiles_purchase purchase
    JOIN profiles_contact contact ON contact.id = purchase.contact_id
    CROSS JOIN LATERAL (
        SELECT message.id, message.run_entered_at, message.version_id, message.step, receipt.rule
        FROM journeys_message message
        CROSS JOIN LATERAL (
            SELECT 'click' AS rule, told.at FROM journeys_receipt told
            WHERE told.message_id = message.id AND told.kind = 'clicked' AND NOT told.is_machine
                AND told.at > purchase.occurred_at - %(click)s AND told.at <= purchase.occurred_at
                AND told.received_at > purchase.occurred_at - %(click)s
            UNION ALL
            SELECT 'click', message.first_clicked_at
            WHERE message.first_clicked_at > purchase.occurred_at - %(click)s
                AND message.first_clicked_at <= purchase.occurred_at
            UNION ALL
            SELECT 'delivery', told.at FROM journeys_receipt told
            WHERE message.channel IN ('sms', 'whatsapp', 'push', 'web_push')
                AND told.message_id = message.id AND told.kind = 'delivered'
                AND told.at > purchase.occurred_at - %(delivery)s AND told.at <= purchase.occurred_at
                AND told.received_at > purchase.occurred_at - %(delivery)s
        ) AS receipt
        WHERE message.contact_id = coalesce(contact.merged_into_id, contact.id)
            AND message.created_at <= purchase.occurred_at
        ORDER BY receipt.rule = 'click' DESC, receipt.at DESC, message.id DESC LIMIT 1
    ) AS earner
    WHERE purchase.id = ANY(%(purchases)s) AND purchase.cancelled_at IS NULL AND {WORTH} > 0
    ON CONFLICT (purchase_id) DO NOTHING
"""


def credit(purchase_ids: Sequence[int], *, now: dt.datetime) -> int:
    """Credit these purchases, new or changed, to the messages that earned them; how many credits were written.

    A purchase keeps the message that it was once credited to; only its amount follows refunds.
    """
    if not purchase_ids:
        return 0
    windows = Settings.objects.get()
    parameters = {
        "purchases": list(purchase_ids),
        "now": now,
        "click": dt.timedelta(days=windows.click_credit_days),
        "delivery": dt.timedelta(hours=windows.delivery_credit_hours),
    }
    return db.execute(CORRECT, parameters) + db.execute(CREDIT, parameters)
