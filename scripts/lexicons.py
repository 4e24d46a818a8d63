#!/usr/bin/env python3
"""Writes rules/medicine-names.toml: active ingredients of prescription medicines.

    python3 scripts/lexicons.py            fetch the list and write the pack
    python3 scripts/lexicons.py --check    the same, but only say whether the pack is up to date
    python3 scripts/lexicons.py --wheel F  use a wheel that is already here

Source: `drug-named-entity-recognition` from PyPI (MIT licence). Only generic names are taken, and
only those that stand in its DrugBank vocabulary, which DrugBank publishes under CC0 1.0. Which of
them are in common use is read from the presence of a MedlinePlus or NHS number; no text of those
sites is taken. The Spanish, French, German and Russian forms are made here by the regular
endings of international nonproprietary names, not taken from a list.

The list arrives as a Python pickle. It is read by an unpickler that refuses every class but plain
sets, so a changed package cannot run code here; its SHA-256 is pinned as well.
"""

import argparse
import bz2
import hashlib
import io
import json
import pathlib
import pickle
import re
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "drug-named-entity-recognition"
VERSION = "2.0.9"
SHA256 = "dc0c9cb4487b4cd31c123f941cd9d5edfc55facdb280ab65e7b2cd08d3fd391c"
MEMBER = "drug_named_entity_recognition/drug_ner_dictionary.pkl.bz2"
OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "rules" / "medicine-names.toml"

# Endings of international nonproprietary names (WHO stem book) by which a name is a medicine and
# nothing else. Names outside the MedlinePlus and NHS lists are taken only with such an ending.
STEMS = re.compile(
    "(?:prilat|pril|sartan|vastatin|mab|tinib|ciclib|rafenib|parib|lisib|zomib|cillin|mycin|micin|cycline"
    "|floxacin|conazole|prazole|tidine|olol|dipine|triptan|setron|xaban|gatran|grel|fibrate|dronate"
    "|solone|sone|olide|onide|terol|tropium|lukast|platin|rubicin|taxel|tecan|limus|cept|gliptin"
    "|gliflozin|glitazone|vir|vudine|relix|relin|tide|oxetine|ipramine|triptyline|piprazole|peridol"
    "|peridone|apine|afil|osin|steride|oxifene|coxib|oxicam|curium|curonium|sidone)$"
)

# Not prescription medicines: foods, vitamins, salts, cosmetic ingredients, laboratory and household
# substances, and words with a common other meaning.
EVERYDAY = set(
    """acetone alanine alcohol allantoin alum aluminum amber ammonia arginine ascorbic ash asparagine benzyl
    betaine bentoquatam biotin bismuth bone borax boron caffeine calcium camphor capsaicin carbamide carbon
    carnitine castor charcoal chitosan chlorhexidine chlorophyll choline chondroitin chromium citrate citric
    cocoa collagen copper creatine curcumin cyanocobalamin cysteine dextrose dimethicone docusate emu ethanol
    eucalyptus fluoride folate folic fructose garlic gelatin ginger ginkgo glucosamine glucose glutamine
    glycerin glycerol glycine gold guar helium honey hyaluronate hydrogen hydroquinone inositol inulin iodine
    iron isoflavone keratin lactase lactose lanolin lecithin leucine levocarnitine lithium lutein lycopene
    lysine magnesium malathion manganese mannitol melatonin menthol methionine mineral nickel niacin
    niacinamide nicotinamide nicotine nitrogen octinoxate octocrylene oxybenzone oxygen papain pectin
    petrolatum phosphate plantain potassium propylene psyllium pyridoxine quinine resveratrol retinol
    riboflavin ricinus rutin saccharin salicylic salt selenium senna silver sodium sorbitol spinosad squalene
    starch sucrose sulfur taurine thiamine thymol titanium tretinoin tryptophan tyrosine ubidecarenone urea
    vanillin vinegar water witch xenon xylitol yeast zinc avobenzone bemotrizinol homosalate ergocalciferol
    cholecalciferol calcifediol lindane permethrin glucagon aspirin acetaminophen paracetamol ibuprofen
    naproxen loratadine cetirizine fexofenadine diphenhydramine chlorpheniramine brompheniramine doxylamine
    phenylephrine pseudoephedrine guaifenesin dextromethorphan loperamide bisacodyl simethicone omeprazole
    esomeprazole lansoprazole famotidine ranitidine cimetidine clotrimazole miconazole terbinafine tolnaftate
    ketoconazole minoxidil hydrocortisone oxymetazoline xylometazoline naphazoline tetrahydrozoline
    dimenhydrinate meclizine pyrantel lactulose sennosides acetylcysteine ambroxol bromhexine diclofenac
    orlistat ketotifen olopatadine benzocaine lidocaine docosanol nystatin adapalene fluticasone levocetirizine
    desloratadine clemastine triprolidine magaldrate calamine epinephrine amphetamine methamphetamine
    dextroamphetamine lisdexamfetamine methylphenidate dexmethylphenidate modafinil armodafinil cannabidiol
    dronabinol nabilone codeine morphine oxycodone hydrocodone hydromorphone oxymorphone fentanyl methadone
    buprenorphine tramadol tapentadol meperidine levorphanol ketamine esketamine alprazolam diazepam lorazepam
    clonazepam temazepam midazolam triazolam zolpidem zaleplon eszopiclone phenobarbital phentermine
    carisoprodol testosterone oxandrolone nandrolone stanozolol methyltestosterone fluoxymesterone
    oxymetholone danazol estrogen insulin vaccine heparin plasma albumin lutetium gallium fluorine technetium
    thallium strontium samarium radium indium rubidium cobalt copper chromic mesna betahistine thiotepa
    flumazenil nitroglycerin vitamin ethinyl becaplermin protein enzyme lipase amylase trypsin bromelain
    pancrelipase sapropterin iodide antivenom gaviscon flurbiprofen ketoprofen cyclizine mebendazole carbocisteine
    bacitracin lawsone hydroxocobalamin methenamine benzydamine""".split()
)


class SetsOnly(pickle.Unpickler):
    """Reads dictionaries, lists, strings, numbers and sets; refuses every other class."""

    def find_class(self, module, name):
        if module == "builtins" and name in ("set", "frozenset"):
            return {"set": set, "frozenset": frozenset}[name]
        raise pickle.UnpicklingError(f"the list holds a {module}.{name}; only plain data is read")


def fetch_wheel(folder):
    """Downloads the pinned wheel with pip and returns its path."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
         "--dest", folder, f"{PACKAGE}=={VERSION}"],
        check=True,
    )
    return next(pathlib.Path(folder).glob("*.whl"))


def read_names(wheel):
    """Returns the sorted generic names worth a rule."""
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != SHA256:
        sys.exit(f"{wheel.name} has SHA-256 {found}, expected {SHA256}; check the new release before changing the pin")
    packed = zipfile.ZipFile(wheel).read(MEMBER)
    tables = SetsOnly(io.BytesIO(bz2.decompress(packed))).load()
    variants = tables["drug_variant_to_variant_data"]
    names = set()
    for name, facts in tables["drug_canonical_to_data"].items():
        if not facts.get("drugbank_id") or not re.fullmatch("[a-z]{6,}", name) or name in EVERYDAY:
            continue
        if variants.get(name, {}).get("is_brand"):
            continue
        common = facts.get("medline_plus_id") or facts.get("nhs_url")
        if common or STEMS.search(name):
            names.add(name)
    return sorted(names)


def spanish(name):
    word = name.replace("ph", "f").replace("th", "t").replace("ll", "l").replace("ss", "s").replace("mm", "m")
    word = word.replace("y", "i").replace("chl", "cl").replace("chr", "cr")
    for end, new in (("floxacin", "floxacino"), ("ine", "ina"), ("in", "ina"), ("one", "ona"), ("ole", "ol"),
                     ("ate", "ato"), ("ide", "ida"), ("ene", "eno"), ("ane", "ano"), ("il", "ilo")):
        if word.endswith(end):
            return word[: -len(end)] + new
    return word


def french(name):
    return name + "e" if name.endswith("in") else name


def german(name):
    for end, new in (("ine", "in"), ("one", "on"), ("ole", "ol"), ("ate", "at"), ("ide", "id"), ("ene", "en")):
        if name.endswith(end):
            return name[: -len(end)] + new
    return name


RUSSIAN_ENDS = (("ine", "in"), ("one", "on"), ("ole", "ol"), ("ate", "at"), ("ide", "id"), ("ene", "en"), ("ane", "an"))
RUSSIAN = (("shch", "щ"), ("sch", "сх"), ("ph", "ф"), ("th", "т"), ("ch", "х"), ("qu", "кв"), ("ck", "к"), ("ce", "це"),
           ("ci", "ци"), ("cy", "ци"), ("cc", "кк"), ("x", "кс"), ("eu", "еу"), ("yl", "ил"), ("a", "а"), ("b", "б"), ("c", "к"),
           ("d", "д"), ("e", "е"), ("f", "ф"), ("g", "г"), ("h", "г"), ("i", "и"), ("j", "й"), ("k", "к"), ("l", "л"),
           ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("q", "к"), ("r", "р"), ("s", "с"), ("t", "т"), ("u", "у"),
           ("v", "в"), ("w", "в"), ("y", "и"), ("z", "з"))


def russian(name):
    for end, new in RUSSIAN_ENDS:
        if name.endswith(end):
            name = name[: -len(end)] + new
            break
    out, at = [], 0
    while at < len(name):
        for latin, cyrillic in RUSSIAN:
            if name.startswith(latin, at):
                out.append(cyrillic)
                at += len(latin)
                break
    return "".join(out)


def array(items):
    """A TOML array, wrapped at 116 columns."""
    lines, line = [], "  "
    for item in items:
        piece = json.dumps(item, ensure_ascii=False) + ", "
        if len(line) + len(piece) > 116:
            lines.append(line.rstrip())
            line = "  "
        line += piece
    return "[\n" + "\n".join([*lines, line.rstrip()]) + "\n]"


def pack(names):
    """The whole pack: header, lexicons, rule and its cases."""
    taken = set(names)
    forms = {}
    for tag, make in (("es", spanish), ("fr", french), ("de", german)):
        # A made form that happens to be an everyday word would defeat the exclusion above.
        forms[tag] = sorted({make(n) for n in names} - taken - EVERYDAY)
        taken |= set(forms[tag])
    forms["ru"] = sorted({russian(n) for n in names})
    out = [HEADER.format(version=VERSION, count=len(names)), f"en = {array(names)}"]
    out += [f"{tag} = {array(forms[tag])}" for tag in ("es", "fr", "de", "ru")]
    return "\n".join(out) + "\n" + RULE


HEADER = """\
# Written by scripts/lexicons.py. Do not edit by hand; change the script and run it again.
#
# {count} active ingredients of prescription medicines.
# English names: {package} {version} from PyPI (MIT licence, Copyright (c) 2023 Fast Data Science Ltd),
# of those only the ones in the DrugBank open vocabulary (CC0 1.0, https://go.drugbank.com/releases/latest#open-data).
# Names of foods, vitamins, cosmetic ingredients, non-prescription and controlled substances are left out:
# the last two have rules of their own. Other languages: made by the regular endings of such names.

[pack]
id = "medicine-names"
version = "1.0.0"
name = "Active ingredients of prescription medicines"
citations = "unreviewed"

[[lexicon]]
id = "ingredients"

[lexicon.terms]""".replace("{package}", PACKAGE)

RULE = """
# A laboratory reference, a test for a substance or a label on a mug is no medicine.
[[lexicon]]
id = "ingredients-harmless"

[lexicon.terms]
und = [
  "reference standard", "analytical standard", "test strip", "test kit", "t-shirt", "mug", "poster", "book", "textbook",
  "hardcover", "paperback", "molecule model", "enamel pin", "sticker", "board game", "vinyl", "dvd", "fish tank",
  "antibiotic free", "hormone free",
]

[[rule]]
id = "ingredients"
class = "prescription_medicines"
severity = 5
state = "live"
trigger = { lexicon = "ingredients", fields = ["title", "description"] }
not_categories = ["software", "video games", "books", "music"]
when = '(hit.field == "title" && !found("ingredients-harmless", "title")) || (hit.field != "title" && !found("ingredients-harmless"))'
score = 0.9
action = { default = "prohibited" }
unknown = "review"
queue = "prohibited"
says = "offers a medicine that needs a prescription (“{matched}”)"
cure = "Remove the offer. Prescription medicines are supplied by authorised pharmacies against a prescription only."
sources = [
  "Directive 2001/83/EC; Reg. (EC) 726/2004", "US FD&C Act 21 USC 353(b), 331", "UK Human Medicines Regs 2012",
  "CN Drug Administration Law 2019",
]

[[rule.match]]
title = "Amoxicillin 500 mg capsules 100 count"

[[rule.match]]
title = "Azitromicina 500 mg tabletas"

[[rule.match]]
title = "Doxycycline 100 mg comprimés"

[[rule.match]]
title = "Atorvastatin 20 mg Filmtabletten"

[[rule.match]]
title = "Аторвастатин таблетки 20 мг"

[[rule.match]]
title = "Levothyroxine 50 mcg"

[[rule.match]]
title = "Levotiroxina 100 mcg comprimidos"

[[rule.match]]
title = "Amoxicilline 1 g poudre"

[[rule.miss]]
title = "Niacinamide serum 10 % with zinc"

[[rule.miss]]
title = "Caffeine eye cream"

[[rule.miss]]
title = "Biotin hair vitamins 90 gummies"

[[rule.miss]]
title = "Urea foot cream 40 %"

[[rule.miss]]
title = "Serotonin and amoxicillin molecule model enamel pin"

[[rule.miss]]
title = "Prescription glasses"

[[rule.miss]]
title = "Pill organizer 7 day"
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the pack would change")
    parser.add_argument("--wheel", type=pathlib.Path, help="use this wheel instead of downloading it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        names = read_names(options.wheel or fetch_wheel(folder))
    text = pack(names)
    if options.check:
        sys.exit(0 if OUTPUT.read_text(encoding="utf-8") == text else f"{OUTPUT} differs; run scripts/lexicons.py")
    OUTPUT.write_text(text, encoding="utf-8")
    print(f"{OUTPUT}: {len(names)} names")


if __name__ == "__main__":
    main()
