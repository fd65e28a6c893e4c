"""What blocks refer to, fetched for a whole mail at once: images of the library, products, the brand's theme."""

from collections.abc import Iterable
from decimal import Decimal

from django.conf import settings
from django.urls import reverse
from django.utils import formats

from journeys.messages import blocks, themes
from journeys.messages.blocks import Blocks
from journeys.messages.mjml import Goods, Look, Picture
from journeys.models import Image
from profiles.models import Brand, Product


def look(brand: Brand, mails: Iterable[Blocks]) -> Look:
    """Everything that these mails need of the database. At most two statements."""
    theme = themes.load(brand.theme)
    every = [block for mail in mails for block in blocks.every(mail)]
    images = {one.image for one in every if isinstance(one, blocks.Image)} | {theme.logo}
    products = {one.product for one in every if isinstance(one, blocks.Product)}
    return Look(
        theme=theme,
        brand=brand.name,
        website=brand.website,
        pictures=pictures({number for number in images if number}),
        goods=goods({number for number in products if number}),
    )


def pictures(numbers: set[int]) -> dict[int, Picture]:
    """The images of these numbers. Archived ones too: mails go on showing them."""
    if not numbers:
        return {}
    rows = Image.objects.filter(pk__in=numbers).only("token", "extension", "alt", "width", "height")
    return {row.pk: Picture(address(row), row.alt, row.width, row.height) for row in rows}


def address(image: Image) -> str:
    """Where anybody who knows it finds the image."""
    return settings.PUBLIC_URL + reverse("public:image", args=[image.token, image.extension])


def goods(numbers: set[int]) -> dict[int, Goods]:
    """The products of these numbers, in words."""
    return {row.pk: in_words(row) for row in Product.objects.filter(pk__in=numbers)} if numbers else {}


def in_words(product: Product) -> Goods:
    """A product as mails show it."""
    price, was = product.price, None
    if product.sale_price is not None and (price is None or product.sale_price < price):
        price, was = product.sale_price, product.price
    return Goods(
        name=product.name or product.sku,
        price=_money(price, product.currency),
        was=_money(was, product.currency),
        url=product.url,
        picture_url=product.picture_url,
    )


def _money(amount: Decimal | None, currency: str) -> str:
    if amount is None:
        return ""
    return f"{currency} {formats.number_format(amount, 2, use_l10n=True, force_grouping=True)}".strip()
