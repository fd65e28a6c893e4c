"""The shop's mails: a few blocks each, in the languages of its customers."""

from dataclasses import dataclass
from typing import Any, Final

from cdp.demo.goods import WEBSITE
from journeys.messages.chips import Chip, liquid

LANGUAGES: Final = ("en", "nl", "de", "fr", "pl")
THERE: Final = {"en": "there", "nl": "daar", "de": "du", "fr": "vous", "pl": "dzień dobry"}


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says in one language; `%s` in the heading stands for the first name."""

    subject: str
    preheader: str
    heading: str
    text: str
    button: str


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail: its name on the shelf, what it is for, where its button leads, what it shows from the catalogue."""

    name: str
    description: str
    path: str
    letters: dict[str, Letter]
    sku: str = ""
    is_broken: bool = False

    def draft(self, products: dict[str, int]) -> dict[str, Any]:
        """As the editor keeps it."""
        languages = {language: self._words(language, products) for language in self.letters}
        return {"mode": "blocks", "fallback": "en", "languages": languages}

    def _words(self, language: str, products: dict[str, int]) -> dict[str, Any]:
        said = self.letters[language]
        name = liquid(Chip("first_name", THERE[language]))
        url = "" if self.is_broken else f"{WEBSITE}{self.path}?lang={language}"
        blocks: list[dict[str, Any]] = [
            {"id": "title", "kind": "heading", "text": said.heading.replace("%s", name), "level": 1},
            {"id": "words", "kind": "text", "html": f"<p>{said.text}</p>"},
        ]
        if self.sku in products:
            blocks.append(
                {"id": "goods", "kind": "product", "product": products[self.sku], "label": said.button}
            )
        blocks.append({"id": "go", "kind": "button", "label": said.button, "url": url})
        return {"subject": said.subject.replace("%s", name), "preheader": said.preheader, "blocks": blocks}


MAILS: Final[dict[str, Mail]] = {
    "friday-mail": Mail(
        "Weekend ride",
        "Friday's newsletter: a route, and what to take along.",
        "/rides",
        {
            "en": Letter("A ride for the weekend, %s", "40 kilometres along the river, with a stop for coffee",
                "Your weekend ride", "Forty kilometres along the river, flat and quiet, with a good stop for coffee "
                "half-way. We packed a list of what to take along.", "See the route"),
            "nl": Letter("Een rit voor het weekend, %s", "40 kilometer langs de rivier, met een koffiestop",
                "Jouw weekendrit", "Veertig kilometer langs de rivier, vlak en rustig, met halverwege goede koffie. "
                "Wat je mee wilt nemen, staat op onze lijst.", "Bekijk de route"),
            "de": Letter("Eine Tour fürs Wochenende, %s", "40 Kilometer am Fluss, mit Kaffeepause",
                "Deine Wochenendtour", "Vierzig Kilometer am Fluss, flach und ruhig, mit gutem Kaffee auf halber "
                "Strecke. Was mit muss, steht auf unserer Liste.", "Zur Strecke"),
            "fr": Letter("Une balade pour ce week-end, %s", "40 kilomètres au bord de l'eau, avec une pause café",
                "Votre balade du week-end", "Quarante kilomètres au bord de l'eau, plats et calmes, avec un bon café "
                "à mi-chemin. Nous avons préparé la liste de ce qu'il faut emporter.", "Voir l'itinéraire"),
            "pl": Letter("Trasa na weekend, %s", "40 kilometrów wzdłuż rzeki, z przerwą na kawę",
                "Twoja trasa na weekend", "Czterdzieści kilometrów wzdłuż rzeki, płasko i spokojnie, z dobrą kawą w "
                "połowie drogi. Mamy listę rzeczy do zabrania.", "Zobacz trasę"),
        },
        sku="NC-BAGS",
    ),
    "winback-hello": Mail(
        "We have not seen you for a while",
        "First mail of the win-back journey.",
        "/new",
        {
            "en": Letter("It has been a while, %s", "This is new since your last order", "It has been a while",
                "A lot has come in since your last order. Have a look at what fits what you already have.",
                "See what is new"),
            "nl": Letter("Lang niet gezien, %s", "Dit is nieuw sinds je laatste bestelling", "Lang niet gezien",
                "Er is veel binnengekomen sinds je laatste bestelling. Kijk wat past bij wat je al hebt.",
                "Bekijk het nieuwe"),
            "de": Letter("Lange nicht gesehen, %s", "Das ist neu seit deiner letzten Bestellung",
                "Lange nicht gesehen", "Seit deiner letzten Bestellung ist viel dazugekommen. Schau, was zu dem "
                "passt, was du schon hast.", "Neues ansehen"),
            "fr": Letter("Cela fait un moment, %s", "Les nouveautés depuis votre dernière commande",
                "Cela fait un moment", "Beaucoup de choses sont arrivées depuis votre dernière commande. Voyez ce qui "
                "va avec ce que vous avez déjà.", "Voir les nouveautés"),
        },
    ),
    "winback-mail": Mail(
        "Come back: free service on your bicycle",
        "Second mail of the win-back journey, for those who did not order after the first.",
        "/service-plan",
        {
            "en": Letter("%s, your next service is on us", "With your next order, until the end of the month",
                "Your next service is on us, %s", "We would like to see you again. With your next order we check "
                "brakes, gears and tyres of your bicycle for free.", "Choose something"),
            "nl": Letter("%s, de volgende onderhoudsbeurt is van ons", "Bij je volgende bestelling, tot het eind van "
                "de maand", "De volgende beurt is van ons, %s", "We zien je graag terug. Bij je volgende bestelling "
                "kijken we gratis je remmen, versnelling en banden na.", "Kies iets uit"),
            "de": Letter("%s, der nächste Service geht auf uns", "Mit deiner nächsten Bestellung, bis Monatsende",
                "Der nächste Service geht auf uns, %s", "Wir würden dich gern wiedersehen. Mit deiner nächsten "
                "Bestellung prüfen wir Bremsen, Schaltung und Reifen kostenlos.", "Etwas aussuchen"),
            "fr": Letter("%s, la prochaine révision est pour nous", "Avec votre prochaine commande, jusqu'à la fin du "
                "mois", "La prochaine révision est pour nous, %s", "Nous aimerions vous revoir. Avec votre prochaine "
                "commande, nous vérifions gratuitement freins, vitesses et pneus.", "Choisir un article"),
            "pl": Letter("%s, następny przegląd na nasz koszt", "Przy następnym zamówieniu, do końca miesiąca",
                "Następny przegląd na nasz koszt, %s", "Chętnie zobaczymy się znowu. Przy następnym zamówieniu "
                "bezpłatnie sprawdzimy hamulce, przerzutki i opony.", "Wybierz coś"),
        },
        sku="NC-TOUR",
    ),
    "cart-mail": Mail(
        "Your cart is waiting",
        "An hour after somebody left something in the cart.",
        "/cart",
        {
            "en": Letter("Still thinking it over, %s?", "We kept your cart", "We kept your cart",
                "What you chose is still there, and in stock. Your cart is one click away.", "Back to the cart"),
            "nl": Letter("Nog aan het twijfelen, %s?", "We hebben je mandje bewaard", "We hebben je mandje bewaard",
                "Wat je koos ligt nog klaar, en is op voorraad. Je mandje is één klik ver.", "Terug naar het mandje"),
            "de": Letter("Noch am Überlegen, %s?", "Dein Warenkorb ist noch da", "Dein Warenkorb ist noch da",
                "Was du ausgesucht hast, ist noch da und auf Lager. Zum Warenkorb ist es ein Klick.",
                "Zum Warenkorb"),
            "fr": Letter("Encore un doute, %s ?", "Nous avons gardé votre panier", "Nous avons gardé votre panier",
                "Vos articles sont toujours là, et en stock. Votre panier est à un clic.", "Retour au panier"),
            "pl": Letter("Jeszcze się zastanawiasz, %s?", "Zachowaliśmy Twój koszyk", "Zachowaliśmy Twój koszyk",
                "Wybrane rzeczy nadal czekają i są dostępne. Do koszyka jest jedno kliknięcie.", "Do koszyka"),
        },
    ),
    "welcome-mail": Mail(
        "Welcome to Noord & Co",
        "To everybody who signs up.",
        "/",
        {
            "en": Letter("Welcome, %s", "Good to have you along", "Welcome along, %s", "Once a week we send a ride, a "
                "walk or a good piece of advice. Whatever you need out there, ask us: just answer this mail.",
                "Have a look around"),
            "nl": Letter("Welkom, %s", "Fijn dat je mee gaat", "Welkom, %s", "Eén keer per week sturen we een rit, een "
                "wandeling of goede raad. Wat je onderweg ook nodig hebt: antwoord gewoon op deze mail.",
                "Kijk even rond"),
            "de": Letter("Willkommen, %s", "Schön, dass du dabei bist", "Willkommen, %s", "Einmal in der Woche "
                "schicken wir eine Tour, eine Wanderung oder guten Rat. Was immer du unterwegs brauchst: antworte "
                "einfach auf diese Mail.", "Umsehen"),
            "fr": Letter("Bienvenue, %s", "Ravis de vous avoir avec nous", "Bienvenue, %s", "Une fois par semaine, "
                "une balade, une randonnée ou un bon conseil. Une question en route ? Répondez à ce message.",
                "Faire un tour"),
        },
    ),
    "thanks-mail": Mail(
        "Thank you for your order",
        "Confirms an order; it goes to everybody, whatever they subscribed to.",
        "/orders",
        {
            "en": Letter("Thank you for your order, %s", "It is on its way", "Thank you, %s", "Your order is being "
                "packed. We write again when it leaves.", "See the order"),
            "nl": Letter("Bedankt voor je bestelling, %s", "Hij komt eraan", "Bedankt, %s", "Je bestelling wordt "
                "ingepakt. We schrijven als ze onderweg is.", "Bekijk de bestelling"),
            "de": Letter("Danke für deine Bestellung, %s", "Sie ist unterwegs", "Danke, %s", "Deine Bestellung wird "
                "gepackt. Wir schreiben, wenn sie losgeht.", "Bestellung ansehen"),
            "fr": Letter("Merci pour votre commande, %s", "Elle est en route", "Merci, %s", "Votre commande est en "
                "préparation. Nous vous écrirons à son départ.", "Voir la commande"),
        },
    ),
    "renewal-mail": Mail(
        "Your service plan renews soon",
        "Two weeks before a service plan renews.",
        "/service-plan",
        {
            "en": Letter("Your service plan renews in two weeks", "Nothing to do, unless you want to change it",
                "Two weeks to go, %s", "Your service plan renews in two weeks. If it is fine as it is, there is "
                "nothing to do.", "See your plan"),
            "nl": Letter("Je servicepas wordt over twee weken verlengd", "Je hoeft niets te doen", "Nog twee weken, %s",
                "Je servicepas wordt over twee weken verlengd. Is het goed zo, dan hoef je niets te doen.",
                "Bekijk je pas"),
        },
    ),
    "review-mail": Mail(
        "How do you like it?",
        "Asks for a review a week after an order.",
        "/reviews",
        {
            "en": Letter("How do you like it, %s?", "Two minutes, and others know", "How do you like it?",
                "A week on, you know best. Tell others what it is like out there.", "Write a review"),
        },
    ),
    "news-mail": Mail(
        "Winter check",
        "Goes out next week.",
        "/winter",
        {
            "en": Letter("Is your bicycle ready for the cold?", "Five things to check in ten minutes",
                "Ready for the cold, %s?", "Lights, brakes, tyres, chain and a word with yourself: five things to "
                "check in ten minutes.", "Read the list"),
            "nl": Letter("Is je fiets klaar voor de kou?", "Vijf dingen in tien minuten", "Klaar voor de kou, %s?",
                "Licht, remmen, banden, ketting en een goed voornemen: vijf dingen in tien minuten.", "Lees de lijst"),
        },
        sku="NC-LIGHT",
    ),
    "broken-mail": Mail(
        "Spring sale (unfinished)",
        "A draft with something to finish: its button leads nowhere yet.",
        "",
        {"en": Letter("", "", "The spring sale begins", "Everything for the first warm days.", "To the sale")},
        is_broken=True,
    ),
}  # fmt: skip
