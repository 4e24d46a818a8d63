#!/usr/bin/env python3
"""Writes the demonstration's data: demo/listings.jsonl, demo/merchants.jsonl, demo/references.jsonl.

Needs Python 3.9 or newer, nothing else. Run: python3 scripts/demo-listings.py
The output depends on this file and scripts/demo_words.py alone: the same text always gives the same bytes.

All titles are put together here from own words. Shops and house brands are invented and stand for nobody.
Names of real brands occur as they occur in real catalogues: to say what a part fits, what is sold second
hand, what an authorised shop sells, and in the offers that screening is meant to find.
"""

import hashlib
import json
import pathlib
import sys

sys.dont_write_bytecode = True

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import demo_words as words  # noqa: E402

TARGET = pathlib.Path(__file__).parent.parent / "demo"
CURRENCY = {"en": "USD", "zh": "CNY", "es": "EUR", "de": "EUR", "fr": "EUR", "ru": "KZT", "it": "EUR", "pl": "PLN", "ja": "JPY"}
RATE = {"USD": 1, "CNY": 7, "EUR": 0.92, "KZT": 480, "PLN": 4, "JPY": 150}
SHIPS = {
    "en": [["US"], ["GB"], ["US", "CA"], []], "zh": [["CN"], []], "es": [["ES"], ["MX"]], "de": [["DE"], ["DE", "AT"]],
    "fr": [["FR"], ["FR", "BE"]], "ru": [["KZ"], []], "it": [["IT"]], "pl": [["PL"]], "ja": [["JP"]],
}


class Picker:
    """Choices that follow from a name alone."""

    def __init__(self, name):
        self.name, self.count = name, 0

    def number(self, end):
        self.count += 1
        digest = hashlib.sha256(f"{self.name}/{self.count}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % end

    def of(self, choices):
        return choices[self.number(len(choices))]

    def chance(self, percent):
        return self.number(100) < percent


def price(pick, low, high, currency):
    cents = (low * 100 + pick.number(max(1, int((high - low) * 100)))) * RATE[currency]
    if currency in ("JPY", "KZT"):
        return str(int(cents / 100) // 10 * 10)
    return f"{int(cents) // 100}.{pick.of(['99', '90', '95', '50', '00'])}"


class Catalogue:
    def __init__(self):
        self.lines, self.titles = [], set()

    def add(self, expect, lang, title, product, category, cost, seller, *, brand=None, text="", logo=None, scenes=None, currency=None, ships=None):
        """One listing; `cost` is a low and a high price in dollars."""
        if title in self.titles:
            return False
        self.titles.add(title)
        number = len(self.lines) + 1
        pick = Picker(f"listing {number} {title}")
        currency = currency or CURRENCY[lang]
        line = {"id": f"L-{number:04}", "title": title}
        if text:
            line["description"] = text
        if category and pick.chance(92):
            line["category"] = category
        line["price"] = price(pick, *cost, currency)
        line["currency"] = currency
        line["seller_id"] = seller
        if brand:
            line["brand"] = brand
        line["lang"] = lang
        ships = pick.of(SHIPS[lang]) if ships is None else ships
        if ships:
            line["ships_to"] = ships
        if scenes is None:
            scenes = [self.scene(pick, product, logo)]
            if pick.chance(22):
                scenes.append(self.scene(pick, product, logo))
        line["images"] = [f"{line['id']}-{place}.jpg" for place in range(1, len(scenes) + 1)]
        line["expect"] = expect
        line["scenes"] = scenes
        self.lines.append(line)
        return True

    @staticmethod
    def scene(pick, product, logo=None):
        scene = {"product": product, "seed": pick.number(1 << 53), "colour": pick.of(words.COLOURS)}
        if logo:
            scene["logo"] = logo
        return scene


def honest_goods(catalogue, shops):
    """Own-brand and unbranded goods of every family in every language."""
    for family in words.FAMILIES:
        for lang, (nouns, features, sizes) in family["words"].items():
            for turn in range(words.HONEST_TURNS.get(lang, 3)):
                pick = Picker(f"honest {family['name']} {lang} {turn}")
                house = pick.of(words.HOUSE_BRANDS)
                noun, size = nouns[turn % len(nouns)], pick.of(sizes)
                first = features[(turn + pick.number(2)) % len(features)]
                second = pick.of([feature for feature in features if feature != first])
                title = pick.of(words.TITLES[lang]).format(b=house, n=noun, f=first, g=second, s=size)
                text = pick.of(words.TEXTS[lang]).format(b=house, n=noun, f=first, g=second) if pick.chance(45) else ""
                catalogue.add("honest", lang, title, family["product"], family["category"], family["price"], pick.of(shops),
                              brand=house if house in title and pick.chance(70) else None, text=text)


def written_out(catalogue, shops):
    """Listings whose titles stand in the word lists in full."""
    for expect, rows in words.WRITTEN.items():
        for lang, title, product, category, cost, *more in rows:
            extra = dict(more[0]) if more else {}
            pick = Picker(f"{expect} {title}")
            seller = extra.pop("seller", None) or pick.of(shops[expect])
            catalogue.add(expect, lang, title, product, category, cost, seller, **extra)


def lawful_use(catalogue, shops):
    """Parts and accessories that name the device they fit."""
    for part in words.PARTS:
        for lang, forms in part["words"].items():
            for turn, device in enumerate(part["fits"]):
                form = forms[turn % len(forms)]
                if turn >= part["turns"].get(lang, part["turns"]["all"]):
                    break
                pick = Picker(f"part {part['name']} {lang} {turn}")
                title = form.format(d=device)
                house = pick.of(words.HOUSE_BRANDS)
                catalogue.add("lawful_use", lang, title, part["product"], part["category"], part["price"], pick.of(shops),
                              brand=house if pick.chance(40) else None,
                              text=pick.of(words.NOT_ORIGINAL[lang]).format(d=device) if pick.chance(50) else "")


def branded(catalogue):
    """Authorised sale and resale of genuine goods."""
    for brand, name, goods, product, category, cost in words.BRANDED:
        for expect, forms in (("authorised", words.AUTHORISED_FORMS), ("resale", words.RESALE_FORMS)):
            pick = Picker(f"{expect} {brand} {goods}")
            lang = pick.of(sorted(forms))
            seller = words.AUTHORISED_BY.get(brand) if expect == "authorised" else pick.of(words.RESALE_SHOPS)
            if seller is None:
                continue
            noun = words.GOODS[goods][lang]
            title = pick.of(forms[lang]).format(b=name, n=noun)
            used = [max(3, cost[0] // 2), max(5, cost[1] * 2 // 3)] if expect == "resale" else cost
            scenes = None
            if expect == "authorised" and brand in words.REFERENCES and pick.chance(60):
                scenes = [{"copy_of": f"{brand}/product-1.jpg"}]
            catalogue.add(expect, lang, title, product, category, used, seller, brand=name if pick.chance(70) else None, logo=brand, scenes=scenes)


# Disguises for a mark. Each takes the mark and gives it back in other letters.
LEET = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "A": "4", "E": "3", "I": "1", "O": "0", "S": "5"})
CYRILLIC = str.maketrans({"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "x": "х", "i": "і", "A": "А", "B": "В", "E": "Е", "H": "Н", "K": "К", "k": "к", "M": "М", "O": "О", "P": "Р", "C": "С", "T": "Т", "X": "Х", "y": "у"})
GREEK = str.maketrans({"a": "α", "o": "ο", "v": "ν", "i": "ι", "A": "Α", "B": "Β", "E": "Ε", "K": "Κ", "N": "Ν", "O": "Ο", "P": "Ρ", "T": "Τ", "p": "ρ", "u": "υ"})
ACCENTS = str.maketrans({"a": "á", "e": "ē", "i": "ï", "o": "ö", "u": "ū", "c": "ç", "n": "ñ"})


def wide(mark):
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in mark)


def squared(mark):
    return "".join(chr(0x1F130 + ord(letter) - 65) if "A" <= letter <= "Z" else letter for letter in mark.upper())


DISGUISES = [
    lambda m: m.translate(LEET),
    lambda m: " ".join(m),
    lambda m: ".".join(m),
    lambda m: "-".join(m),
    lambda m: m.translate(CYRILLIC),
    lambda m: m.translate(GREEK),
    lambda m: "\u200b".join(m),
    lambda m: m[:2] + "\u200d" + m[2:],
    wide,
    lambda m: m.translate(ACCENTS),
    lambda m: m[0] + "*" + m[2:],
    lambda m: m[:2] + m[1] + m[2:],
    lambda m: m[:-2] + m[-1] + m[-2],
    squared,
    lambda m: "".join(letter + "\u0336" for letter in m),
    lambda m: "#" + m.lower().replace(" ", "") + "style",
]


def obfuscated(catalogue, shops):
    turn = 0
    for brand, name, goods, product, category, cost in words.DISGUISED:
        for lang in ("en", words.SECOND_LANG[turn % len(words.SECOND_LANG)]):
            pick = Picker(f"disguise {brand} {lang}")
            mark = DISGUISES[turn % len(DISGUISES)](name)
            turn += 1
            title = pick.of(words.DISGUISED_FORMS[lang]).format(b=mark, n=words.GOODS[goods][lang])
            low = [max(2, cost[0] // 5), max(4, cost[1] // 4)]
            scenes = [{"copy_of": f"{brand}/product-1.jpg", "edits": edits(pick)}] if brand in words.REFERENCES and pick.chance(30) else None
            catalogue.add("obfuscated", lang, title, product, category, low, pick.of(shops), logo=brand if brand in words.WITH_LOGO and pick.chance(50) else None, scenes=scenes)


def edits(pick):
    """What a copier does to a picture."""
    kinds = [
        [{"edit": "recompress", "quality": 35}],
        [{"edit": "shrink", "side": 320}],
        [{"edit": "mirror"}],
        [{"edit": "crop", "sides": 0.04, "ends": 0.04}],
        [{"edit": "crop", "sides": 0.1, "ends": 0.06}, {"edit": "recompress", "quality": 60}],
        [{"edit": "border", "width": 0.08, "colour": "#ffffff"}],
        [{"edit": "border", "width": 0.05, "colour": "#b3202a"}],
        [{"edit": "brighten", "factor": 1.15}],
        [{"edit": "banner", "height": 0.14, "colour": "#c8102e"}],
        [{"edit": "mirror"}, {"edit": "banner", "height": 0.1, "colour": "#1d4ed8"}],
        [],
    ]
    return pick.of(kinds)


def counterfeit(catalogue, shops):
    """Offers that say they are imitations, and offers that show the brand's own picture."""
    for place, (brand, name, goods, product, category, cost) in enumerate(words.COPIED):
        pick = Picker(f"copy {brand} {place}")
        lang = words.COPY_LANGS[place % len(words.COPY_LANGS)]
        low = [max(2, cost[0] // 6), max(4, cost[1] // 5)]
        claim = place % 3 != 2
        form = pick.of((words.REPLICA_FORMS if claim else words.PLAIN_FORMS)[lang])
        scenes = None
        if brand in words.REFERENCES:
            scenes = [{"copy_of": f"{brand}/product-1.jpg", "edits": edits(pick)}]
        catalogue.add("counterfeit", lang, form.format(b=name, n=words.GOODS[goods][lang]), product, category, low, pick.of(shops),
                      logo=brand if brand in words.WITH_LOGO else None, scenes=scenes)
    for brand, name in words.LOGO_ONLY:
        pick = Picker(f"logo {brand}")
        card = {"product": "logo_card", "seed": pick.number(1 << 53), "colour": "#ffffff", "logo": brand}
        title = pick.of(words.LOGO_FORMS).format(b=name)
        catalogue.add("counterfeit", "en", title, "logo_card", "Clothing > Patches", [1, 6], pick.of(shops), scenes=[card])


def references():
    for brand, (product, colour) in words.REFERENCES.items():
        pick = Picker(f"reference {brand}")
        scene = {"product": product, "seed": pick.number(1 << 53), "colour": colour, "logo": brand}
        yield {"brand": brand, "name": "product-1.jpg", "scene": scene}


def broken_pictures(catalogue):
    """One listing whose picture is cut off, and one whose picture is not there."""
    honest = [line for line in catalogue.lines if line["expect"] == "honest" and len(line["scenes"]) == 1]
    honest[40]["scenes"] = [{"broken": "truncated", "scene": honest[40]["scenes"][0]}]
    honest[90]["scenes"] = [{"broken": "missing"}]


def write(name, rows):
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (TARGET / name).write_text(text, encoding="utf-8", newline="\n")
    print(f"{name}: {len(rows)} lines, {len(text.encode())} bytes")


def main():
    ids = [shop["id"] for shop in words.MERCHANTS]
    honest, doubtful = ids[: words.HONEST_SHOPS], ids[words.HONEST_SHOPS + words.OTHER_SHOPS:]
    catalogue = Catalogue()
    honest_goods(catalogue, honest)
    written_out(catalogue, {"honest": honest, "prohibited": doubtful + honest[:4], "counterfeit": doubtful})
    lawful_use(catalogue, honest)
    branded(catalogue)
    obfuscated(catalogue, doubtful)
    counterfeit(catalogue, doubtful)
    broken_pictures(catalogue)
    # Mixed, so that the first page of a console shows every kind.
    mixed = sorted(catalogue.lines, key=lambda line: hashlib.sha256(line["title"].encode()).digest())
    TARGET.mkdir(exist_ok=True)
    write("listings.jsonl", mixed)
    by_brand = {}
    for brand, seller in words.AUTHORISED_BY.items():
        by_brand.setdefault(seller, []).append(brand)
    write("merchants.jsonl", [{**shop, **({"authorised_by": by_brand[shop["id"]]} if shop["id"] in by_brand else {})} for shop in words.MERCHANTS])
    write("references.jsonl", list(references()))
    counts = {}
    for line in catalogue.lines:
        counts[line["expect"]] = counts.get(line["expect"], 0) + 1
    print(counts)


if __name__ == "__main__":
    main()
