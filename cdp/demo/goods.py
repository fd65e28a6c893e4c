"""What the shop sells, where its customers live, and what they are called."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

SHOP: Final = "Noord & Co"
WEBSITE: Final = "https://noord.example"
ZONE: Final = "Europe/Amsterdam"
POUND: Final = Decimal("1.17")  # euros, roughly; the rate of a month swings about it


@dataclass(frozen=True, slots=True)
class Article:
    """Something on the shelf; the price is in euros."""

    sku: str
    name: str
    category: str
    price: Decimal
    weight: int = 4  # how often it is bought beside the others

    @property
    def url(self) -> str:
        """Its page in the shop."""
        return f"{WEBSITE}/p/{self.sku.lower()}"

    def priced(self, currency: str) -> Decimal:
        """What it costs in euros or pounds, rounded as shops do."""
        return (
            self.price if currency == "EUR" else (self.price / POUND).quantize(Decimal(1)) - Decimal("0.05")
        )


def _shelf(category: str, *rows: tuple[str, str, str, int]) -> list[Article]:
    return [Article(sku, name, category, Decimal(price), weight) for sku, name, price, weight in rows]


ARTICLES: Final[tuple[Article, ...]] = (
    *_shelf(
        "Tents and sleeping",
        ("NC-TENT2", "Fjell tent for two", "249.00", 3),
        ("NC-TENT4", "Fjell tent for four", "389.00", 1),
        ("NC-SLEEP", "Down sleeping bag", "189.00", 3),
        ("NC-MAT", "Self-inflating mat", "79.95", 4),
    ),
    *_shelf(
        "Rucksacks",
        ("NC-PACK30", "Dune rucksack, 30 l", "89.50", 5),
        ("NC-PACK55", "Dune rucksack, 55 l", "149.00", 3),
    ),
    *_shelf(
        "Clothing",
        ("NC-JACKET", "Storm rain jacket", "129.95", 6),
        ("NC-FLEECE", "Merino fleece", "84.95", 6),
        ("NC-SOCKS", "Merino socks, three pairs", "29.95", 8),
        ("NC-GLOVES", "Cycling gloves", "34.95", 6),
    ),
    *_shelf(
        "Shoes", ("NC-BOOTS", "Heath walking boots", "159.00", 4), ("NC-TRAIL", "Trail shoes", "119.00", 4)
    ),
    *_shelf(
        "Cooking",
        ("NC-STOVE", "Gas stove", "44.95", 4),
        ("NC-BOTTLE", "Steel bottle, 0.7 l", "19.95", 8),
        ("NC-LAMP", "Head torch", "39.95", 6),
    ),
    *_shelf(
        "Bicycles",
        ("NC-TOUR", "Polder touring bicycle", "1199.00", 1),
        ("NC-CITY", "Gracht city bicycle", "799.00", 1),
    ),
    *_shelf(
        "Bicycle parts",
        ("NC-TYRE", "Touring tyre, 28 inch", "36.90", 7),
        ("NC-LIGHT", "Front and rear light", "49.95", 6),
        ("NC-LOCK", "Folding lock", "69.95", 5),
        ("NC-BAGS", "Pair of panniers", "129.00", 4),
        ("NC-HELMET", "Helmet", "74.95", 5),
        ("NC-CHAIN", "Chain and oil", "24.95", 6),
    ),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A town, and the language that is mostly spoken there."""

    city: str
    country: str
    language: str
    weight: int
    postcode: str

    @property
    def currency(self) -> str:
        """What one pays with there."""
        return "GBP" if self.country == "GB" else "EUR"


PLACES: Final = (
    Place("Amsterdam", "NL", "nl", 16, "1015"),
    Place("Utrecht", "NL", "nl", 13, "3511"),
    Place("Rotterdam", "NL", "nl", 11, "3012"),
    Place("Groningen", "NL", "nl", 8, "9711"),
    Place("Gent", "BE", "nl", 7, "9000"),
    Place("Liège", "BE", "fr", 4, "4000"),
    Place("Köln", "DE", "de", 9, "50667"),
    Place("Berlin", "DE", "de", 8, "10115"),
    Place("Münster", "DE", "de", 4, "48143"),
    Place("Lille", "FR", "fr", 5, "59000"),
    Place("Lyon", "FR", "fr", 4, "69002"),
    Place("London", "GB", "en", 8, "N1 7AA"),
    Place("Leeds", "GB", "en", 4, "LS1 4DY"),
    Place("Rotterdam", "NL", "pl", 3, "3081"),
)

FIRST: Final = {
    "nl": [
        "Bram",
        "Fleur",
        "Daan",
        "Lotte",
        "Mila",
        "Noor",
        "Sven",
        "Joris",
        "Maud",
        "Thijs",
        "Femke",
        "Ruben",
        "Saar",
        "Koen",
        "Iris",
        "Bas",
        "Lieke",
        "Tim",
        "Eva",
        "Jasper",
        "Hanna",
        "Sem",
        "Roos",
        "Wout",
        "Anouk",
    ],
    "fr": [
        "Chloé",
        "Hugo",
        "Anaïs",
        "Louis",
        "Camille",
        "Jules",
        "Manon",
        "Léo",
        "Inès",
        "Théo",
        "Zoé",
        "Paul",
        "Élise",
        "Lucas",
        "Alice",
        "Nathan",
        "Jeanne",
        "Mathis",
        "Louise",
        "Gabriel",
    ],
    "de": [
        "Jonas",
        "Greta",
        "Felix",
        "Lena",
        "Lukas",
        "Mia",
        "Paul",
        "Hannah",
        "Leon",
        "Emilia",
        "Finn",
        "Clara",
        "Max",
        "Ida",
        "Moritz",
        "Frieda",
        "Anton",
        "Lea",
        "Emil",
        "Johanna",
    ],
    "en": [
        "Oliver",
        "Isla",
        "George",
        "Amelia",
        "Harry",
        "Olivia",
        "Jack",
        "Ava",
        "Noah",
        "Grace",
        "Arthur",
        "Lily",
        "Leo",
        "Freya",
        "Oscar",
        "Poppy",
        "Theo",
        "Ella",
        "Henry",
        "Daisy",
    ],
    "pl": [
        "Jakub",
        "Zuzanna",
        "Antoni",
        "Zofia",
        "Jan",
        "Maja",
        "Franciszek",
        "Hanna",
        "Aleksander",
        "Oliwia",
    ],
}
LAST: Final = {
    "nl": [
        "de Vries",
        "Jansen",
        "Bakker",
        "Visser",
        "Smit",
        "Meijer",
        "van den Berg",
        "Mulder",
        "de Groot",
        "Bos",
        "Vos",
        "Peters",
        "Hendriks",
        "van Leeuwen",
        "Dekker",
        "Brouwer",
        "de Wit",
        "Dijkstra",
        "Smits",
        "van der Meer",
    ],
    "fr": [
        "Dubois",
        "Laurent",
        "Moreau",
        "Lefebvre",
        "Roux",
        "Fournier",
        "Girard",
        "Bonnet",
        "Dupont",
        "Lambert",
        "Fontaine",
        "Rousseau",
        "Vincent",
        "Muller",
        "Faure",
    ],
    "de": [
        "Müller",
        "Schmidt",
        "Schneider",
        "Fischer",
        "Weber",
        "Wagner",
        "Becker",
        "Hoffmann",
        "Schäfer",
        "Koch",
        "Richter",
        "Klein",
        "Wolf",
        "Neumann",
        "Braun",
    ],
    "en": [
        "Jones",
        "Taylor",
        "Brown",
        "Williams",
        "Wilson",
        "Evans",
        "Thomas",
        "Roberts",
        "Walker",
        "Wright",
        "Hughes",
        "Green",
        "Hall",
        "Wood",
        "Clarke",
    ],
    "pl": [
        "Nowak",
        "Wiśniewski",
        "Wójcik",
        "Kamiński",
        "Lewandowski",
        "Zieliński",
        "Szymański",
        "Woźniak",
        "Dąbrowski",
        "Mazur",
    ],
}
DOMAINS: Final = ("example.com", "example.org", "example.net")  # RFC 2606: nobody has an address there
