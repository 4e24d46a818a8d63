"""Word lists of the demonstration catalogue; scripts/demo-listings.py puts them together."""

COLOURS = [
    "#1f2937", "#f3f4f6", "#b91c1c", "#c2410c", "#d97706", "#4d7c0f", "#047857", "#0e7490", "#1d4ed8", "#4338ca",
    "#7e22ce", "#be185d", "#78350f", "#9ca3af", "#e7d8c0", "#93c5fd", "#fca5a5", "#a7f3d0", "#fde68a", "#111827",
]

# Invented; chosen to be far from any registered brand of the registry.
HOUSE_BRANDS = ["Ostrelle", "Kavindo", "Plumwell", "Tarnvik", "Brixolo", "Heloria", "Yarrowby", "Fennmark", "Dulvane", "Osprika", "Wexholm", "Zelmiro"]

_SHOPS = [
    # honest general shops
    ("Harbour Lane Goods", "GB", "trusted", True), ("Northfield Basics", "US", "trusted", True), ("Kiesel und Korn Handel", "DE", "standard", True),
    ("Maison du Quotidien", "FR", "standard", True), ("Casa Olivera Hogar", "ES", "standard", True), ("青木日用百货店", "CN", "trusted", True),
    ("Лавка на Садовой", "KZ", "standard", True), ("Bottega Quotidiana", "IT", "standard", True), ("Sklep Pod Lipą", "PL", "standard", True),
    ("ひだまり雑貨", "JP", "standard", True), ("Green Basket Supply", "US", "standard", True), ("Blue Kettle Store", "GB", "standard", False),
    ("Third Street Gadgets", "US", "standard", True), ("南湾数码配件", "CN", "standard", True), ("Werkstattbedarf Lindenhof", "DE", "trusted", True),
    # authorised and second-hand shops
    ("Stadium Sports Retail", "GB", "trusted", True), ("City Centre Electronics", "US", "trusted", True), ("Autoteile Westend", "DE", "trusted", True),
    ("Galerie Mode Partenaire", "FR", "trusted", True), ("Second Shelf Thrift", "US", "standard", True), ("Flohmarkt am Kanal", "DE", "standard", True),
    ("Вторая жизнь вещей", "KZ", "standard", True), ("旧物循环小铺", "CN", "standard", True),
    # newcomers of whom little is known
    ("Daily Deals 8821", "CN", "new", False), ("Best Price Corner 77", "CN", "new", False), ("TopShop Fast Ship 303", "HK", "new", False),
    ("Mega Rabatt 24 Seven", "CN", "new", False), ("Lux Style Outlet 56", "TR", "new", False), ("Wow Bargain Depot", "HK", "new", False),
    ("尚品优选小店 19", "CN", "new", False), ("Оптом Дёшево 88", "KZ", "new", False),
]
HONEST_SHOPS, OTHER_SHOPS = 15, 8
MERCHANTS = [
    {"id": f"m-{1001 + place}", "name": name, "country": country, "tier": tier, "verified": verified}
    for place, (name, country, tier, verified) in enumerate(_SHOPS)
]
RESALE_SHOPS = ["m-1020", "m-1021", "m-1022", "m-1023"]

HONEST_TURNS = {"en": 5, "zh": 3, "es": 2, "de": 3, "fr": 3, "ru": 2, "it": 1, "pl": 1, "ja": 1}

TITLES = {
    "en": ["{b} {n}, {f}, {g}, {s}", "{n} by {b} - {f} - {s}", "{n} {s}, {f}, {g}", "{b} {n} | {g} | {s}"],
    "zh": ["{b} {n} {f}{g} {s}", "{f}{n} {g} {s}", "{n} {f} {g} 现货包邮 {s}"],
    "es": ["{n} {b}, {f}, {g}, {s}", "{n} {f} y {g} - {s}", "{b} - {n} {g}, {s}"],
    "de": ["{b} {n}, {f}, {g}, {s}", "{n} {f} – {g} – {s}", "{b} {n} {s}, {g}"],
    "fr": ["{n} {b}, {f}, {g}, {s}", "{n} {f} – {g} – {s}", "{b} {n} {g}, {s}"],
    "ru": ["{n} {b}, {f}, {g}, {s}", "{n} {f}, {s}, {g}", "{b} {n} {g} {s}"],
    "it": ["{n} {b}, {f}, {g}, {s}", "{n} {f} - {s}"],
    "pl": ["{n} {b}, {f}, {g}, {s}", "{n} {f} - {s}"],
    "ja": ["{b} {n} {f} {g} {s}", "{n} {f} {s}"],
}
TEXTS = {
    "en": ["Designed in house: {n}, {f} and {g}. Returns within 30 days.", "Our own line. {g}. Ships from our warehouse in two days."],
    "zh": ["自有品牌，{f}，{g}。七天无理由退换。", "工厂直供{n}，下单后48小时内发货。"],
    "es": ["Fabricación propia. {f} y {g}. Envío en 48 horas.", "Nuestro diseño: {n}. Devolución gratuita en 30 días."],
    "de": ["Eigene Herstellung, {f} und {g}. Rückgabe innerhalb von 30 Tagen.", "Unsere Hausmarke: {n}. Versand in zwei Werktagen."],
    "fr": ["Notre propre marque : {f}, {g}. Retour sous 30 jours.", "{n} dessiné dans notre atelier. Expédition sous 48 h."],
    "ru": ["Собственное производство: {f}, {g}. Возврат 14 дней.", "Отправка в течение двух дней. {g}."],
    "it": ["Produzione propria: {f}, {g}. Reso entro 30 giorni."],
    "pl": ["Własna produkcja: {f}, {g}. Zwrot do 30 dni."],
    "ja": ["自社製品です。{f}、{g}。30日以内返品可。"],
}


def _family(name, product, category, price, **languages):
    return {"name": name, "product": product, "category": category, "price": price, "words": languages}


FAMILIES = [
    _family(
        "tshirt", "tshirt", "Clothing > T-Shirts", [8, 29],
        en=(["Organic Cotton T-Shirt", "Crew Neck Tee", "Heavyweight Pocket Tee", "Long Sleeve Jersey Top", "Boxy Linen Blend Tee"], ["relaxed fit", "pre-shrunk", "breathable", "unisex"], ["size S", "size M", "size XL", "3-pack"]),
        zh=(["纯棉短袖T恤", "圆领打底衫", "宽松半袖上衣"], ["透气", "不起球", "男女同款", "加厚"], ["M码", "L码", "XL码"]),
        es=(["Camiseta de algodón orgánico", "Camiseta de cuello redondo"], ["corte holgado", "transpirable", "unisex"], ["talla M", "talla L"]),
        de=(["T-Shirt aus Bio-Baumwolle", "Rundhals-Shirt", "Langarmshirt"], ["lockerer Schnitt", "atmungsaktiv", "vorgewaschen"], ["Gr. M", "Gr. XL"]),
        fr=(["T-shirt en coton bio", "Tee-shirt col rond", "Haut à manches longues"], ["coupe ample", "respirant", "prélavé"], ["taille M", "taille L"]),
        ru=(["Футболка из хлопка", "Лонгслив с круглым вырезом"], ["свободный крой", "дышащая ткань", "унисекс"], ["размер M", "размер 52"]),
        it=(["Maglietta in cotone biologico"], ["vestibilità comoda", "traspirante"], ["taglia M"]),
        pl=(["Koszulka z bawełny organicznej"], ["luźny krój", "przewiewna"], ["rozmiar M"]),
        ja=(["オーガニックコットン Tシャツ"], ["ゆったり", "通気性"], ["Mサイズ"]),
    ),
    _family(
        "trousers", "trousers", "Clothing > Trousers", [18, 55],
        en=(["Stretch Chino Trousers", "Fleece Lined Joggers", "Wide Leg Linen Pants", "Hiking Zip-Off Trousers", "High Waist Denim Jeans"], ["quick dry", "four pockets", "tapered leg", "elastic waist"], ["W32 L32", "W34 L30", "size M"]),
        zh=(["直筒休闲长裤", "加绒运动裤", "高腰牛仔裤"], ["弹力", "显瘦", "四季可穿"], ["30码", "32码", "XL"]),
        es=(["Pantalón chino elástico", "Pantalón de chándal forrado"], ["secado rápido", "cintura elástica", "cuatro bolsillos"], ["talla 42", "talla L"]),
        de=(["Chinohose mit Stretch", "Gefütterte Jogginghose", "Weite Leinenhose"], ["schnelltrocknend", "vier Taschen", "Gummizug"], ["W32 L32", "Gr. L"]),
        fr=(["Pantalon chino extensible", "Jogging doublé polaire", "Pantalon large en lin"], ["séchage rapide", "quatre poches", "taille élastique"], ["taille 42", "taille L"]),
        ru=(["Брюки чинос эластичные", "Спортивные штаны с начёсом"], ["быстро сохнут", "четыре кармана", "резинка на поясе"], ["размер 50", "размер L"]),
    ),
    _family(
        "sneakers", "shoe", "Shoes > Trainers", [24, 79],
        en=(["Knit Running Shoes", "Canvas Low-Top Trainers", "Waterproof Trail Shoes", "Slip-On Walking Shoes", "Kids Velcro Trainers"], ["cushioned sole", "lightweight", "wide fit", "non-slip"], ["EU 42", "UK 6", "US 9", "EU 31"]),
        zh=(["透气网面跑步鞋", "帆布休闲鞋", "防滑徒步鞋"], ["软底", "轻便", "加宽"], ["40码", "42码", "38码"]),
        es=(["Zapatillas de correr de malla", "Zapatillas de lona"], ["suela acolchada", "ligeras", "antideslizantes"], ["talla 41", "talla 43"]),
        de=(["Laufschuhe aus Strick", "Leinenschuhe flach", "Wanderschuhe wasserdicht"], ["gedämpfte Sohle", "leicht", "rutschfest"], ["Gr. 42", "Gr. 39"]),
        fr=(["Chaussures de course en maille", "Baskets basses en toile", "Chaussures de randonnée"], ["semelle amortie", "légères", "antidérapantes"], ["pointure 41", "pointure 43"]),
        ru=(["Кроссовки беговые сетчатые", "Кеды из ткани низкие"], ["мягкая подошва", "лёгкие", "нескользящие"], ["размер 42", "размер 39"]),
        it=(["Scarpe da corsa in maglia"], ["suola ammortizzata", "leggere"], ["numero 42"]),
        pl=(["Buty do biegania z siatki"], ["miękka podeszwa", "lekkie"], ["rozmiar 42"]),
        ja=(["メッシュ ランニングシューズ"], ["軽量", "クッション性"], ["26.5cm"]),
    ),
    _family(
        "cap", "cap", "Clothing > Hats & Caps", [7, 22],
        en=(["Washed Cotton Baseball Cap", "Quick Dry Running Cap", "Corduroy Dad Hat", "Kids Sun Cap", "Waxed Rain Cap"], ["adjustable strap", "UPF 50", "curved brim", "mesh panels"], ["one size", "56-60 cm"]),
        zh=(["水洗棉棒球帽", "速干遮阳帽", "灯芯绒鸭舌帽"], ["可调节", "防晒", "透气"], ["均码", "儿童款"]),
        es=(["Gorra de algodón lavado", "Gorra deportiva ligera"], ["ajustable", "protección solar", "visera curva"], ["talla única", "56-60 cm"]),
        de=(["Baseballkappe aus Baumwolle", "Laufkappe schnelltrocknend", "Cordkappe"], ["verstellbar", "UV-Schutz", "gebogener Schirm"], ["Einheitsgröße", "56-60 cm"]),
        fr=(["Casquette en coton délavé", "Casquette de course", "Casquette en velours côtelé"], ["réglable", "anti-UV", "visière courbée"], ["taille unique", "56-60 cm"]),
        ru=(["Бейсболка хлопковая", "Кепка для бега"], ["регулируемая", "защита от солнца", "изогнутый козырёк"], ["универсальный размер", "56-60 см"]),
    ),
    _family(
        "bag", "bag", "Bags > Handbags & Backpacks", [19, 89],
        en=(["Vegetable Tanned Leather Tote", "Canvas Roll-Top Backpack", "Crossbody Phone Bag", "Padded Laptop Backpack", "Weekend Duffel Bag"], ["water repellent", "inner zip pocket", "15.6 inch compartment", "wide strap"], ["18 L", "25 L", "one size"]),
        zh=(["头层牛皮手提包", "大容量双肩包", "斜挎手机包"], ["防泼水", "多隔层", "轻便"], ["20升", "中号", "小号"]),
        es=(["Bolso de piel curtida", "Mochila de lona enrollable"], ["repelente al agua", "bolsillo interior", "correa ancha"], ["20 L", "tamaño medio"]),
        de=(["Ledertasche pflanzlich gegerbt", "Rolltop-Rucksack aus Canvas", "Umhängetasche fürs Telefon"], ["wasserabweisend", "Innenfach", "breiter Gurt"], ["18 L", "25 L"]),
        fr=(["Cabas en cuir tanné végétal", "Sac à dos à rouler en toile", "Pochette à bandoulière"], ["déperlant", "poche intérieure", "bandoulière large"], ["18 L", "25 L"]),
        ru=(["Сумка из натуральной кожи", "Рюкзак из канваса"], ["водоотталкивающий материал", "внутренний карман", "широкий ремень"], ["20 л", "средний размер"]),
        it=(["Borsa in pelle conciata al vegetale"], ["idrorepellente", "tasca interna"], ["18 L"]),
        pl=(["Plecak płócienny rolowany"], ["wodoodporny", "kieszeń wewnętrzna"], ["25 L"]),
        ja=(["帆布 リュックサック"], ["撥水", "大容量"], ["20L"]),
    ),
    _family(
        "watch", "watch", "Jewellery & Watches > Watches", [22, 120],
        en=(["Minimalist Quartz Watch", "Solar Field Watch", "Kids Learn-to-Tell-Time Watch", "Slim Mesh Strap Watch", "Wooden Dial Wristwatch"], ["5 ATM", "date display", "sapphire glass", "silent movement"], ["38 mm", "40 mm", "42 mm"]),
        zh=(["简约石英手表", "太阳能户外腕表", "儿童认时间手表"], ["防水50米", "日历", "静音"], ["38毫米", "40毫米"]),
        es=(["Reloj de cuarzo minimalista", "Reloj solar de campo"], ["5 ATM", "con fecha", "silencioso"], ["38 mm", "40 mm"]),
        de=(["Schlichte Quarzuhr", "Solar-Armbanduhr", "Kinderuhr zum Uhrlernen"], ["5 ATM", "Datumsanzeige", "lautlos"], ["38 mm", "40 mm"]),
        fr=(["Montre à quartz épurée", "Montre solaire de terrain", "Montre éducative pour enfant"], ["5 ATM", "affichage de la date", "silencieuse"], ["38 mm", "40 mm"]),
        ru=(["Кварцевые часы минималистичные", "Часы на солнечной батарее"], ["водозащита 5 атм", "дата", "бесшумный ход"], ["38 мм", "40 мм"]),
    ),
    _family(
        "sunglasses", "sunglasses", "Accessories > Eyewear", [9, 45],
        en=(["Polarised Round Sunglasses", "Bamboo Arm Sunglasses", "Wraparound Cycling Glasses", "Kids Flexible Sunglasses", "Blue Light Reading Glasses"], ["UV400", "scratch resistant", "with pouch", "spring hinges"], ["medium", "one size", "+1.5"]),
        zh=(["偏光圆框太阳镜", "骑行防风眼镜", "防蓝光平光镜"], ["UV400", "送镜袋", "轻盈"], ["均码", "中号"]),
        es=(["Gafas de sol redondas polarizadas", "Gafas de ciclismo"], ["UV400", "con funda", "ligeras"], ["talla única", "medianas"]),
        de=(["Runde Sonnenbrille polarisiert", "Radbrille", "Lesebrille mit Blaulichtfilter"], ["UV400", "mit Etui", "Federscharnier"], ["Einheitsgröße", "+2.0"]),
        fr=(["Lunettes de soleil rondes polarisées", "Lunettes de vélo", "Lunettes de lecture"], ["UV400", "avec étui", "légères"], ["taille unique", "+1.5"]),
        ru=(["Солнцезащитные очки круглые", "Очки для велосипеда"], ["UV400", "с чехлом", "лёгкие"], ["универсальные", "средний размер"]),
    ),
    _family(
        "headphones", "headphones", "Electronics > Headphones", [15, 90],
        en=(["Wireless Over-Ear Headphones", "Foldable Kids Headphones", "Wired Studio Headphones", "Bone Conduction Sports Headset", "Sleep Headband Speakers"], ["40 h battery", "85 dB limit", "soft ear pads", "USB-C charging"], ["black", "sand", "mint"]),
        zh=(["头戴式无线耳机", "儿童护耳耳机", "有线监听耳机"], ["续航40小时", "可折叠", "佩戴舒适"], ["黑色", "白色"]),
        es=(["Auriculares inalámbricos de diadema", "Auriculares infantiles plegables"], ["40 h de batería", "almohadillas suaves", "carga USB-C"], ["negro", "azul"]),
        de=(["Kabelloser Over-Ear-Kopfhörer", "Kinderkopfhörer faltbar", "Studiokopfhörer mit Kabel"], ["40 h Akku", "weiche Polster", "USB-C"], ["schwarz", "sand"]),
        fr=(["Casque sans fil circum-auriculaire", "Casque enfant pliable", "Casque de studio filaire"], ["40 h d'autonomie", "coussinets doux", "charge USB-C"], ["noir", "sable"]),
        ru=(["Наушники беспроводные полноразмерные", "Детские наушники складные"], ["40 часов работы", "мягкие амбушюры", "зарядка USB-C"], ["чёрные", "белые"]),
        it=(["Cuffie senza fili sovraurali"], ["40 ore di batteria", "padiglioni morbidi"], ["nero"]),
        pl=(["Słuchawki bezprzewodowe nauszne"], ["40 h pracy", "miękkie nauszniki"], ["czarne"]),
        ja=(["ワイヤレス ヘッドホン"], ["40時間再生", "折りたたみ"], ["ブラック"]),
    ),
    _family(
        "phonecase", "phone_case", "Phones > Cases", [6, 24],
        en=(["Universal Silicone Phone Pouch", "Waterproof Phone Dry Bag", "Crossbody Phone Sleeve", "Felt Phone Sleeve", "Clear Bumper Phone Shell"], ["up to 6.7 inch", "shock absorbing", "with lanyard", "matte finish"], ["black", "clear", "lilac"]),
        zh=(["通用防水手机袋", "羊毛毡手机套", "挂绳手机壳"], ["防摔", "磨砂", "6.7寸以下"], ["黑色", "透明"]),
        es=(["Funda impermeable universal para móvil", "Bolsita de fieltro para móvil"], ["hasta 6,7 pulgadas", "con cordón", "antigolpes"], ["negra", "gris"]),
        de=(["Wasserdichte Handytasche universal", "Handyhülle aus Filz", "Handykette mit Hülle"], ["bis 6,7 Zoll", "stoßfest", "matt"], ["schwarz", "grau"]),
        fr=(["Pochette étanche universelle", "Étui en feutre pour téléphone", "Coque à bandoulière"], ["jusqu'à 6,7 pouces", "antichoc", "mate"], ["noire", "grise"]),
        ru=(["Чехол водонепроницаемый универсальный", "Чехол из войлока для телефона"], ["до 6,7 дюйма", "противоударный", "со шнурком"], ["чёрный", "серый"]),
    ),
    _family(
        "charger", "charger", "Electronics > Chargers & Cables", [7, 39],
        en=(["USB-C Wall Charger", "Braided Charging Cable", "Three-Port Travel Adapter", "Magnetic Cable Organiser", "Foldable Solar Panel Charger"], ["30 W", "2 m", "overheat protection", "GaN"], ["white", "black", "EU plug"]),
        zh=(["快充充电头", "编织数据线", "多口旅行转换插头"], ["30W", "2米", "过热保护"], ["白色", "黑色"]),
        es=(["Cargador de pared USB-C", "Cable de carga trenzado"], ["30 W", "2 m", "protección térmica"], ["blanco", "negro"]),
        de=(["USB-C-Ladegerät", "Geflochtenes Ladekabel", "Reiseadapter mit drei Anschlüssen"], ["30 W", "2 m", "Überhitzungsschutz"], ["weiß", "schwarz"]),
        fr=(["Chargeur mural USB-C", "Câble de charge tressé", "Adaptateur de voyage"], ["30 W", "2 m", "protection thermique"], ["blanc", "noir"]),
        ru=(["Зарядное устройство USB-C", "Кабель в оплётке"], ["30 Вт", "2 м", "защита от перегрева"], ["белый", "чёрный"]),
        ja=(["USB-C 充電器"], ["30W", "過熱保護"], ["ホワイト"]),
    ),
    _family(
        "bottle", "bottle", "Home > Drinkware", [9, 34],
        en=(["Insulated Steel Water Bottle", "Glass Bottle with Cork Sleeve", "Collapsible Travel Bottle", "Kids Straw Bottle", "Infuser Tea Bottle"], ["keeps cold 24 h", "leak proof", "BPA free", "wide mouth"], ["500 ml", "750 ml", "1 L"]),
        zh=(["不锈钢保温水壶", "玻璃随行杯", "儿童吸管杯"], ["保冷24小时", "不漏水", "大口径"], ["500毫升", "750毫升"]),
        es=(["Botella térmica de acero", "Botella de vidrio con funda"], ["sin BPA", "hermética", "boca ancha"], ["500 ml", "750 ml"]),
        de=(["Isolierflasche aus Edelstahl", "Glasflasche mit Korkhülle", "Kindertrinkflasche mit Halm"], ["auslaufsicher", "BPA-frei", "24 h kalt"], ["500 ml", "750 ml"]),
        fr=(["Gourde isotherme en inox", "Bouteille en verre gainée de liège", "Gourde enfant à paille"], ["étanche", "sans BPA", "24 h au frais"], ["500 ml", "750 ml"]),
        ru=(["Бутылка для воды стальная", "Стеклянная бутылка в чехле"], ["не протекает", "без BPA", "широкое горло"], ["500 мл", "750 мл"]),
        it=(["Borraccia termica in acciaio"], ["senza BPA", "a tenuta"], ["500 ml"]),
        pl=(["Butelka termiczna stalowa"], ["bez BPA", "szczelna"], ["750 ml"]),
        ja=(["ステンレス水筒"], ["保冷24時間", "広口"], ["500ml"]),
    ),
    _family(
        "cream", "jar", "Beauty > Skin Care", [8, 36],
        en=(["Oat Hand Cream", "Shea Body Butter", "Calendula Face Balm", "Clay Hair Paste", "Aloe After-Sun Gel"], ["fragrance free", "vegan", "for dry skin", "refillable jar"], ["50 ml", "100 ml", "200 ml"]),
        zh=(["燕麦护手霜", "乳木果身体霜", "金盏花面霜"], ["无香精", "滋润", "温和"], ["50克", "100克"]),
        es=(["Crema de manos de avena", "Manteca corporal de karité"], ["sin perfume", "vegana", "piel seca"], ["50 ml", "200 ml"]),
        de=(["Hafer-Handcreme", "Sheabutter-Körpercreme", "Ringelblumenbalsam"], ["ohne Duftstoffe", "vegan", "für trockene Haut"], ["50 ml", "100 ml"]),
        fr=(["Crème mains à l'avoine", "Beurre corporel au karité", "Baume visage au souci"], ["sans parfum", "végane", "peaux sèches"], ["50 ml", "100 ml"]),
        ru=(["Крем для рук с овсом", "Масло ши для тела"], ["без отдушек", "для сухой кожи", "веганский состав"], ["50 мл", "200 мл"]),
    ),
    _family(
        "puzzle", "box", "Toys > Puzzles & Games", [11, 42],
        en=(["Woodland Jigsaw Puzzle", "Cooperative Board Game", "Magnetic Building Tiles", "Marble Run Set", "Memory Card Game Sea Animals"], ["1000 pieces", "2-4 players", "from 6 years", "FSC board"], ["large box", "travel size"]),
        zh=(["森林拼图", "磁力片积木", "记忆卡片游戏"], ["1000片", "6岁以上", "环保纸板"], ["大盒", "旅行装"]),
        es=(["Puzle del bosque", "Juego de mesa cooperativo"], ["1000 piezas", "de 2 a 4 jugadores", "desde 6 años"], ["caja grande", "de viaje"]),
        de=(["Waldpuzzle", "Kooperatives Brettspiel", "Magnetbausteine"], ["1000 Teile", "2-4 Personen", "ab 6 Jahren"], ["große Schachtel", "Reisegröße"]),
        fr=(["Puzzle de la forêt", "Jeu de société coopératif", "Tuiles magnétiques"], ["1000 pièces", "2 à 4 joueurs", "dès 6 ans"], ["grande boîte", "format voyage"]),
        ru=(["Пазл лесной", "Настольная игра кооперативная"], ["1000 деталей", "2-4 игрока", "от 6 лет"], ["большая коробка", "дорожный формат"]),
        ja=(["森のジグソーパズル"], ["1000ピース", "6歳から"], ["大箱"]),
    ),
    _family(
        "mug", "mug", "Home > Kitchen > Mugs", [7, 26],
        en=(["Hand Glazed Stoneware Mug", "Enamel Camping Mug", "Double Wall Glass Cup", "Porcelain Espresso Cup Set", "Speckled Latte Mug"], ["dishwasher safe", "microwave safe", "hand thrown", "chip resistant"], ["350 ml", "set of 2", "set of 4"]),
        zh=(["手工釉陶瓷杯", "搪瓷马克杯", "双层玻璃杯"], ["可进洗碗机", "耐热", "手工拉坯"], ["350毫升", "两只装"]),
        es=(["Taza de gres esmaltada", "Taza esmaltada de camping"], ["apta para lavavajillas", "hecha a mano", "resistente"], ["350 ml", "juego de 2"]),
        de=(["Steinzeugbecher handglasiert", "Emaillebecher", "Doppelwandglas"], ["spülmaschinenfest", "handgedreht", "mikrowellenfest"], ["350 ml", "2er-Set"]),
        fr=(["Mug en grès émaillé", "Tasse émaillée de camping", "Verre à double paroi"], ["passe au lave-vaisselle", "tourné à la main", "résistant"], ["350 ml", "lot de 2"]),
        ru=(["Кружка керамическая ручной работы", "Кружка эмалированная"], ["можно мыть в посудомойке", "ручная глазурь", "прочная"], ["350 мл", "набор 2 шт"]),
        it=(["Tazza in gres smaltato"], ["lavabile in lavastoviglie", "fatta a mano"], ["350 ml"]),
        pl=(["Kubek kamionkowy szkliwiony"], ["do zmywarki", "ręcznie robiony"], ["350 ml"]),
        ja=(["手作り マグカップ"], ["食洗機対応", "電子レンジ可"], ["350ml"]),
    ),
    _family(
        "pan", "disc", "Home > Kitchen > Cookware", [17, 75],
        en=(["Cast Iron Skillet", "Ceramic Coated Frying Pan", "Carbon Steel Crepe Pan", "Pizza Stone", "Bamboo Serving Tray"], ["induction ready", "pre-seasoned", "oven safe", "stay-cool handle"], ["24 cm", "28 cm", "30 cm"]),
        zh=(["铸铁平底锅", "陶瓷涂层煎锅", "披萨石板"], ["电磁炉可用", "不粘", "耐高温"], ["24厘米", "28厘米"]),
        es=(["Sartén de hierro fundido", "Sartén con revestimiento cerámico"], ["para inducción", "apta para horno", "mango frío"], ["24 cm", "28 cm"]),
        de=(["Gusseisenpfanne", "Keramikpfanne", "Crêpepfanne"], ["induktionsgeeignet", "backofenfest", "eingebrannt"], ["24 cm", "28 cm"]),
        fr=(["Poêle en fonte", "Poêle à revêtement céramique", "Crêpière en acier"], ["compatible induction", "va au four", "prête à l'emploi"], ["24 cm", "28 cm"]),
        ru=(["Сковорода чугунная", "Сковорода с керамическим покрытием"], ["для индукции", "можно в духовку", "съёмная ручка"], ["24 см", "28 см"]),
    ),
    _family(
        "print", "poster", "Home > Wall Art", [9, 48],
        en=(["Botanical Art Print", "Abstract Shapes Poster", "Alphabet Nursery Print", "Mountain Line Drawing", "Herb Garden Kitchen Chart"], ["archival paper", "unframed", "numbered edition", "matte"], ["A4", "50x70 cm", "A3"]),
        zh=(["植物装饰画", "抽象几何海报", "儿童字母挂画"], ["无框", "哑光纸", "北欧风"], ["A4", "50x70厘米"]),
        es=(["Lámina botánica", "Póster abstracto"], ["sin marco", "papel mate", "edición numerada"], ["A4", "50x70 cm"]),
        de=(["Botanischer Kunstdruck", "Poster abstrakte Formen", "ABC-Poster fürs Kinderzimmer"], ["ohne Rahmen", "mattes Papier", "nummeriert"], ["A4", "50x70 cm"]),
        fr=(["Affiche botanique", "Affiche formes abstraites", "Affiche alphabet enfant"], ["sans cadre", "papier mat", "numérotée"], ["A4", "50x70 cm"]),
        ru=(["Постер ботанический", "Плакат абстракция"], ["без рамы", "матовая бумага", "тираж с номером"], ["A4", "50x70 см"]),
    ),
]

# Titles that are ordinary words and also marks or names of prohibited goods; then the offers that need their own words.
WRITTEN = {
    "honest": [
        ("en", "Apple green ceramic planter with saucer, 14 cm", "jar", "Garden > Pots", [9, 20]),
        ("en", "Hand carved mango wood salad bowl, food safe oil finish", "mug", "Home > Kitchen", [15, 40]),
        ("en", "Dove grey blackout curtains, pair, eyelet top, 140x240 cm", "poster", "Home > Curtains", [20, 60]),
        ("en", "Archery target board, layered straw, 60 cm, with stand", "disc", "Sports > Archery", [30, 70]),
        ("en", "Natural sea shell necklace with adjustable cord", "watch", "Jewellery > Necklaces", [6, 18]),
        ("en", "Very hungry caterpillar style plush rattle for babies, hand crocheted", "box", "Toys > Baby", [9, 25]),
        ("en", "Sports coach whistle with lanyard, loud pea-less design, 2-pack", "charger", "Sports > Accessories", [4, 12]),
        ("en", "Dig your own fossil kit for kids, 12 real shark teeth replicas in plaster", "box", "Toys > Science", [11, 28]),
        ("en", "Champion trophy cup for school sports day, gold plastic, 20 cm", "mug", "Party > Awards", [6, 16]),
        ("en", "Diesel fuel filter water separator, universal 8 mm hose", "bottle", "Automotive > Filters", [8, 24]),
        ("en", "Monster truck birthday party plates and napkins, 16 guests", "disc", "Party > Tableware", [7, 16]),
        ("en", "Gap filler foam strip for sliding doors, self adhesive, 5 m", "box", "Home > Hardware", [5, 14]),
        ("en", "Ring binder A4, recycled board, two rings, 35 mm", "box", "Office > Filing", [3, 9]),
        ("en", "Peel and stick tile stickers, Moroccan pattern, set of 24", "poster", "Home > Decor", [9, 26]),
        ("en", "Steam cleaner mop pads, microfibre, washable, pack of 4", "tshirt", "Home > Cleaning", [8, 20]),
        ("en", "Oasis blue swim vest for toddlers, 2-3 years", "tshirt", "Baby > Swim", [14, 30]),
        ("en", "Foam water pistol set for pool parties, 4 pieces", "box", "Toys > Outdoor", [8, 22]),
        ("en", "Mini hot glue gun with 30 glue sticks for crafts", "charger", "Crafts > Tools", [9, 19]),
        ("en", "Dotted bullet journal A5, 160 gsm paper, hardcover", "poster", "Office > Notebooks", [8, 22]),
        ("en", "Butterfly hair clips for girls, 20 pieces, pastel", "sunglasses", "Beauty > Hair", [3, 10]),
        ("en", "Deep tissue massage gun with six heads, quiet motor", "charger", "Health > Massage", [30, 90]),
        ("en", "Rifle green canvas apron with leather straps", "tshirt", "Home > Kitchen", [18, 40]),
        ("en", "Poppy seed bagel baking mix, makes 8 bagels", "box", "Food > Baking", [4, 9]),
        ("en", "Ivory coloured linen napkins, set of six", "tshirt", "Home > Table Linen", [14, 32]),
        ("en", "Kids doctor play set with toy syringe and stethoscope", "box", "Toys > Role Play", [11, 26]),
        ("en", "Golden puma figurine, resin, hand painted, 18 cm", "mug", "Home > Decor", [12, 30]),
        ("en", "Converse in French: conversation flash cards for beginners", "box", "Books > Language", [8, 18]),
        ("en", "Citizen science bird spotting logbook for families", "poster", "Books > Nature", [7, 15]),
        ("de", "Wasserpistole für Kinder, 2er-Set, 300 ml Tank", "box", "Spielzeug > Garten", [7, 18]),
        ("de", "Mangoholz-Schneidebrett mit Saftrille, 40 x 30 cm", "poster", "Küche > Bretter", [14, 34]),
        ("de", "Heißklebepistole mit 20 Klebesticks", "charger", "Basteln > Werkzeug", [8, 18]),
        ("de", "Zielscheibe aus Kork mit 6 Pfeilen für Kinder, magnetisch", "disc", "Spielzeug > Spiele", [12, 26]),
        ("de", "Smarte Mülltrennung: Aufkleber für drei Tonnen, wetterfest", "poster", "Haushalt", [4, 11]),
        ("fr", "Pistolet à colle chaude avec 20 bâtons", "charger", "Loisirs créatifs > Outils", [8, 18]),
        ("fr", "Coquillage shell beige en céramique, porte-savon", "jar", "Maison > Salle de bain", [7, 17]),
        ("fr", "Champagne doré : nappe ronde en lin, 180 cm", "disc", "Maison > Linge de table", [20, 48]),
        ("es", "Pistola de agua para niños, depósito de 500 ml", "box", "Juguetes > Exterior", [6, 16]),
        ("es", "Cuenco de madera de mango tallado a mano", "mug", "Hogar > Cocina", [12, 30]),
        ("es", "Diana infantil de velcro con seis bolas", "disc", "Juguetes > Juegos", [9, 20]),
        ("zh", "有机小米 杂粮粥米 农家自产 2.5公斤装", "box", "食品 > 杂粮", [5, 12]),
        ("zh", "儿童玩具水枪 抽拉式 夏季戏水", "box", "玩具 > 户外", [3, 10]),
        ("zh", "苹果绿陶瓷花盆 带托盘 桌面多肉", "jar", "园艺 > 花盆", [3, 9]),
        ("zh", "热熔胶枪套装 送30根胶棒 手工DIY", "charger", "手工 > 工具", [4, 11]),
        ("ru", "Водяной пистолет детский, 2 шт в наборе", "box", "Игрушки > Улица", [5, 14]),
        ("ru", "Клеевой пистолет для рукоделия, 20 стержней", "charger", "Хобби > Инструменты", [6, 15]),
        ("it", "Pistola ad acqua per bambini, 2 pezzi", "box", "Giocattoli > Esterno", [6, 15]),
        ("pl", "Pistolet na wodę dla dzieci, 2 sztuki", "box", "Zabawki > Ogród", [5, 13]),
        ("ja", "子ども用 水鉄砲 2個セット", "box", "おもちゃ > 水遊び", [5, 14]),
    ],
    "prohibited": [
        ("en", "9mm semi automatic pistol barrel, threaded, stainless, ships discreetly", "box", "Outdoor > Shooting", [90, 180]),
        ("en", "Solvent trap kit 1/2-28 with aluminium cups, muzzle suppressor thread", "bottle", "Outdoor > Cleaning", [40, 90]),
        ("de", "Schalldämpfer für Kaliber .22, Aluminium, ohne Papiere", "bottle", "Sport > Schießen", [60, 140]),
        ("zh", "仿真枪 全金属 可发射 气动 送子弹", "box", "模型玩具", [40, 120]),
        ("en", "Airsoft gas blowback replica pistol, full metal", "box", "Sports > Airsoft", [60, 150]),
        ("en", "Automatic switchblade OTF knife, double edge, black", "charger", "Tools > Knives", [18, 50]),
        ("fr", "Couteau papillon balisong acier, lame affûtée", "charger", "Loisirs > Couteaux", [12, 35]),
        ("de", "Schlagring Messing massiv, Gürtelschnalle", "sunglasses", "Mode > Zubehör", [9, 25]),
        ("es", "Puño americano de acero, llavero de defensa", "sunglasses", "Deporte > Defensa", [6, 18]),
        ("en", "Police strength pepper spray 110 ml with belt clip", "bottle", "Home > Security", [9, 22]),
        ("fr", "Shocker électrique taser 5 millions de volts avec lampe", "charger", "Maison > Sécurité", [18, 45]),
        ("en", "Consumer fireworks assortment, 36 mortar shells and rockets", "box", "Party > Supplies", [50, 130]),
        ("zh", "大号烟花爆竹 礼花弹 现货", "box", "节庆用品", [20, 80]),
        ("en", "Testosterone enanthate 250 mg injection, 10 vials, no prescription", "bottle", "Health > Fitness", [45, 120]),
        ("en", "MDMA crystal sample pack, stealth shipping", "jar", "Health", [40, 120]),
        ("en", "Nitrous oxide cylinder 640 g cream charger with balloons", "bottle", "Kitchen > Baking", [30, 70]),
        ("de", "Kratom Pulver rot 500 g, stark", "jar", "Tee & Kräuter", [25, 60]),
        ("fr", "Poppers extra fort, 3 flacons, nitrite", "bottle", "Bien-être", [15, 35]),
        ("en", "Glass crack pipe with screens, discreet pack", "charger", "Home > Gifts", [6, 18]),
        ("en", "THC vape cartridge 1 g, 90 percent, three flavours", "charger", "Health > Vapes", [25, 60]),
        ("es", "Flores de cáñamo CBD con THC, 10 gramos", "jar", "Herboristería", [20, 60]),
        ("en", "Semaglutide pen 1 mg for weight loss, no prescription needed", "charger", "Health > Diet", [90, 240]),
        ("es", "Amoxicilina 500 mg cápsulas sin receta, caja de 24", "box", "Salud", [9, 24]),
        ("ru", "Трамадол 100 мг таблетки без рецепта", "box", "Здоровье", [20, 60]),
        ("zh", "伟哥 西地那非 100mg 30片 无需处方", "box", "保健", [15, 50]),
        ("en", "Skin lightening cream with hydroquinone 6 percent and mercury", "jar", "Beauty > Skin", [9, 25]),
        ("fr", "Crème éclaircissante hydroquinone 5 % action rapide", "jar", "Beauté > Soins", [8, 22]),
        ("en", "Disposable vape 6000 puffs, 50 mg nicotine, mango ice", "charger", "Vapes", [7, 18]),
        ("de", "Stange Zigaretten unverzollt, 10 Schachteln", "box", "Genuss", [20, 45]),
        ("ru", "Сигареты блок без акциза, 10 пачек", "box", "Табак", [10, 25]),
        ("en", "Carved elephant ivory pendant, antique look, certificate missing", "watch", "Jewellery > Pendants", [120, 400]),
        ("zh", "象牙手串 老料 私人收藏转让", "watch", "珠宝 > 手串", [150, 600]),
        ("fr", "Sac en peau de python véritable sans papiers CITES", "bag", "Mode > Sacs", [150, 380]),
        ("en", "Live red eared slider turtle hatchlings, pack of 3", "jar", "Pets", [20, 50]),
        ("en", "Sodium nitrate and potassium chlorate powder 2 kg lab pack", "jar", "Lab Supplies", [20, 60]),
        ("en", "Hydrogen peroxide 35 percent 5 L, undiluted", "bottle", "Lab Supplies", [25, 60]),
        ("de", "Rattengift Köder mit Brodifacoum 5 kg für Privat", "box", "Garten > Schädlinge", [15, 45]),
        ("en", "R22 refrigerant gas cylinder 13.6 kg for old air conditioners", "bottle", "Tools > HVAC", [180, 420]),
        ("en", "Green laser pointer 5000 mW burns matches, class 4", "charger", "Electronics > Lasers", [25, 80]),
        ("en", "GPS and mobile signal jammer, 8 antennas, car plug", "charger", "Electronics", [60, 190]),
        ("zh", "手机信号屏蔽器 八天线 车载", "charger", "数码", [50, 160]),
        ("en", "Key fob relay attack kit, opens keyless cars", "charger", "Automotive > Tools", [300, 900]),
        ("en", "Prop money 100 dollar bills, looks real, passes pen test", "poster", "Party > Props", [15, 45]),
        ("fr", "Faux permis de conduire personnalisé, livraison rapide", "poster", "Papeterie", [90, 250]),
        ("ru", "Диплом о высшем образовании с занесением, любой вуз", "poster", "Канцелярия", [150, 400]),
        ("de", "Originaler Wehrmacht Dolch mit Hakenkreuz", "charger", "Sammeln > Militaria", [200, 600]),
        ("en", "Real human skull, medical grade, delivered in box", "mug", "Collectibles > Oddities", [400, 1200]),
        ("en", "Padded baby crib bumper and inclined infant sleeper set", "box", "Baby > Nursery", [30, 80]),
        ("en", "IPTV subscription 12 months, all premium channels unlocked", "poster", "Electronics > TV", [25, 70]),
        ("es", "Clave de Windows barata, licencia OEM sin factura", "poster", "Software", [4, 12]),
        ("en", "DPF delete kit and AdBlue emulator for trucks", "disc", "Automotive > Exhaust", [90, 260]),
        ("de", "Airbag Attrappe Dummy mit Widerstand, Lenkrad", "disc", "Auto > Ersatzteile", [18, 55]),
        ("en", "Coin operated slot machine, 777 reels, pays out", "box", "Games > Machines", [250, 800]),
        ("en", "Uncut rough diamonds parcel 10 ct, no Kimberley paper", "jar", "Jewellery > Loose Stones", [500, 1800]),
    ],
    "counterfeit": [
        ("en", "1:1 mirror quality designer handbag, comes with box and receipt, DM for brand", "bag", "Bags", [40, 90]),
        ("zh", "原单尾货 高仿名牌包包 一比一 支持专柜验货", "bag", "箱包", [30, 90]),
        ("ru", "Реплика люкс сумки известного бренда, качество 1:1", "bag", "Сумки", [35, 90]),
    ],
}


def _part(name, product, category, price, fits, turns, **forms):
    return {"name": name, "product": product, "category": category, "price": price, "fits": fits, "turns": turns, "words": forms}


PARTS = [
    _part("phone case", "phone_case", "Phones > Cases", [6, 19], ["iPhone 15", "Samsung Galaxy S24", "Xiaomi Redmi Note 13"], {"all": 2, "en": 3},
          en=["Clear shockproof case compatible with {d}", "Silicone cover for {d}, soft touch, raised edges", "Wallet case fits {d}, card slots, magnetic clasp"],
          zh=["适用于{d}手机壳 透明防摔", "兼容{d}硅胶保护套 全包镜头"],
          es=["Funda de silicona compatible con {d}, antigolpes", "Carcasa transparente para {d}"],
          de=["Hülle kompatibel mit {d}, stoßfest, transparent", "Silikonhülle für {d}, mattschwarz"],
          fr=["Coque antichoc compatible avec {d}", "Étui en silicone pour {d}, toucher doux"],
          ru=["Чехол силиконовый для {d}, матовый", "Чехол прозрачный, подходит для {d}"]),
    _part("screen glass", "phone_case", "Phones > Screen Protectors", [4, 12], ["Huawei P60", "OnePlus 12", "Motorola Edge 40"], {"all": 1, "en": 2},
          en=["Tempered glass screen protector for {d}, 2-pack", "Privacy screen film compatible with {d}"],
          zh=["适用{d}钢化膜 高清防爆"], es=["Protector de pantalla para {d}, 2 unidades"], de=["Schutzglas passend für {d}, 2 Stück"],
          fr=["Verre trempé pour {d}, lot de 2"], ru=["Защитное стекло для {d}, 2 шт"]),
    _part("watch strap", "watch", "Watches > Straps", [7, 22], ["Garmin Forerunner 255", "Fitbit Versa 4", "Casio G-Shock GA-2100"], {"all": 1, "en": 3},
          en=["Quick release silicone strap compatible with {d}", "Replacement nylon watch band for {d}, tool included", "Leather strap to fit {d}, 20 mm"],
          zh=["适用{d}替换表带 硅胶"], de=["Ersatzarmband für {d}, Silikon"], fr=["Bracelet de rechange pour {d}, nylon"], es=["Correa de repuesto compatible con {d}"]),
    _part("ink", "box", "Office > Ink & Toner", [12, 40], ["HP 305XL", "Epson 603XL", "Brother TN-2420"], {"all": 1, "en": 2, "de": 2},
          en=["Remanufactured cartridge replaces {d}, black", "Compatible toner for {d}, high yield"],
          de=["Druckerpatrone kompatibel zu {d}, schwarz", "Ersatztoner für {d}, 3000 Seiten"], fr=["Cartouche compatible {d}, noir"], es=["Cartucho remanufacturado compatible con {d}"]),
    _part("vacuum", "bottle", "Home > Vacuum Parts", [9, 35], ["Dyson V11", "iRobot Roomba i7", "Bosch GL-30"], {"all": 1, "en": 3},
          en=["Replacement HEPA filter for {d}, washable", "Side brush set compatible with {d}, 6 pieces", "Dust bags that fit {d}, pack of 10"],
          de=["Ersatzfilter passend für {d}, waschbar"], fr=["Filtre de rechange compatible {d}"], zh=["适配{d}吸尘器滤网 可水洗"], ru=["Фильтр сменный для {d}, моющийся"]),
    _part("car part", "disc", "Automotive > Parts", [15, 90], ["Toyota Corolla 2014-2019", "Volkswagen Golf 7", "Ford Focus MK3"], {"all": 1, "en": 2, "de": 2},
          en=["Front brake disc pair, fits {d}", "Cabin air filter for {d}, activated carbon"],
          de=["Bremsscheiben vorne passend für {d}, Paar", "Gummimatten für {d}, 4-teilig"], fr=["Disques de frein avant pour {d}, la paire"], ru=["Тормозные диски передние для {d}, 2 шт"], es=["Alfombrillas de goma para {d}, 4 piezas"]),
    _part("coffee", "jar", "Home > Coffee", [8, 24], ["Nespresso", "De'Longhi Dedica"], {"all": 1, "en": 2},
          en=["Refillable steel capsule compatible with {d} machines", "54 mm tamper for {d}, walnut handle"],
          de=["Wiederbefüllbare Kapsel für {d}, Edelstahl"], fr=["Capsule rechargeable compatible {d}"], it=["Capsula ricaricabile compatibile con {d}"], pl=["Kapsułka wielorazowa kompatybilna z {d}"]),
    _part("bricks", "box", "Toys > Building", [12, 40], ["LEGO"], {"all": 1},
          en=["Building bricks 500 pieces, compatible with {d} and other major brands"], de=["Bausteine 500 Teile, kompatibel mit {d}"], zh=["小颗粒积木 500片 兼容{d}"], ja=["ブロック 500ピース {d} 互換"]),
    _part("console", "charger", "Gaming > Accessories", [9, 32], ["PlayStation 5", "Nintendo Switch"], {"all": 1, "en": 2},
          en=["Controller charging dock for {d}, two pads", "Travel case compatible with {d}, hard shell"],
          de=["Ladestation für {d} Controller"], fr=["Station de charge pour manettes {d}"], es=["Base de carga para mandos de {d}"], ja=["{d}用 充電スタンド"]),
]
NOT_ORIGINAL = {
    "en": ["Third-party accessory, not made or endorsed by the maker of {d}.", "Device not included."],
    "zh": ["第三方配件，非原厂。"], "es": ["Accesorio de terceros, no original."], "de": ["Zubehör eines Drittanbieters, kein Originalteil."],
    "fr": ["Accessoire tiers, non d'origine."], "ru": ["Аксессуар стороннего производителя, не оригинал."],
    "it": ["Accessorio di terze parti, non originale."], "pl": ["Akcesorium innego producenta, nieoryginalne."], "ja": ["他社製アクセサリーです。純正品ではありません。"],
}

GOODS = {
    "shoes": {"en": "running shoes", "zh": "跑步鞋", "es": "zapatillas de correr", "de": "Laufschuhe", "fr": "chaussures de course", "ru": "кроссовки беговые"},
    "tee": {"en": "cotton t-shirt", "zh": "纯棉T恤", "es": "camiseta de algodón", "de": "T-Shirt Baumwolle", "fr": "t-shirt en coton", "ru": "футболка хлопковая"},
    "jacket": {"en": "down jacket", "zh": "羽绒服", "es": "chaqueta de plumas", "de": "Daunenjacke", "fr": "doudoune", "ru": "пуховик"},
    "bag": {"en": "shoulder bag", "zh": "单肩包", "es": "bolso de hombro", "de": "Schultertasche", "fr": "sac à épaule", "ru": "сумка на плечо"},
    "watch": {"en": "wrist watch", "zh": "手表", "es": "reloj de pulsera", "de": "Armbanduhr", "fr": "montre", "ru": "наручные часы"},
    "glasses": {"en": "sunglasses", "zh": "太阳镜", "es": "gafas de sol", "de": "Sonnenbrille", "fr": "lunettes de soleil", "ru": "солнцезащитные очки"},
    "headphones": {"en": "wireless headphones", "zh": "无线耳机", "es": "auriculares inalámbricos", "de": "kabellose Kopfhörer", "fr": "casque sans fil", "ru": "беспроводные наушники"},
    "phone": {"en": "smartphone 128 GB", "zh": "智能手机 128GB", "es": "teléfono 128 GB", "de": "Smartphone 128 GB", "fr": "smartphone 128 Go", "ru": "смартфон 128 ГБ"},
    "charger": {"en": "fast charger 25 W", "zh": "快速充电器 25W", "es": "cargador rápido 25 W", "de": "Schnellladegerät 25 W", "fr": "chargeur rapide 25 W", "ru": "быстрая зарядка 25 Вт"},
    "perfume": {"en": "eau de parfum 100 ml", "zh": "香水 100毫升", "es": "perfume 100 ml", "de": "Eau de Parfum 100 ml", "fr": "eau de parfum 100 ml", "ru": "парфюмерная вода 100 мл"},
    "cap": {"en": "baseball cap", "zh": "棒球帽", "es": "gorra", "de": "Baseballkappe", "fr": "casquette", "ru": "бейсболка"},
    "drill": {"en": "cordless drill 18 V", "zh": "充电电钻 18V", "es": "taladro inalámbrico 18 V", "de": "Akku-Bohrschrauber 18 V", "fr": "perceuse sans fil 18 V", "ru": "аккумуляторная дрель 18 В"},
    "toy": {"en": "building set 800 pieces", "zh": "积木套装 800片", "es": "juego de construcción 800 piezas", "de": "Bausatz 800 Teile", "fr": "jeu de construction 800 pièces", "ru": "конструктор 800 деталей"},
    "keys": {"en": "key ring and car emblem", "zh": "钥匙扣 车标", "es": "llavero y emblema", "de": "Schlüsselanhänger und Emblem", "fr": "porte-clés et emblème", "ru": "брелок и эмблема"},
    "mug": {"en": "travel tumbler", "zh": "随行杯", "es": "vaso térmico", "de": "Reisebecher", "fr": "gobelet isotherme", "ru": "термокружка"},
    "console": {"en": "wireless game controller", "zh": "无线游戏手柄", "es": "mando inalámbrico", "de": "kabelloser Controller", "fr": "manette sans fil", "ru": "беспроводной геймпад"},
    "brake": {"en": "brake disc set", "zh": "刹车盘", "es": "juego de discos de freno", "de": "Bremsscheibensatz", "fr": "jeu de disques de frein", "ru": "комплект тормозных дисков"},
    "camera": {"en": "camera battery", "zh": "相机电池", "es": "batería para cámara", "de": "Kamera-Akku", "fr": "batterie d'appareil photo", "ru": "аккумулятор для камеры"},
}

_SHOES, _CLOTHES, _BAGS, _AUDIO, _PHONES = "Shoes > Trainers", "Clothing", "Bags", "Electronics > Headphones", "Electronics > Phones"
# brand key, name, goods, product drawn, category, price of the genuine thing in dollars
_ROWS = [
    ("nike", "Nike", "shoes", "shoe", _SHOES, [90, 180]), ("adidas", "adidas", "shoes", "shoe", _SHOES, [80, 170]),
    ("puma", "Puma", "shoes", "shoe", _SHOES, [70, 130]), ("new-balance", "New Balance", "shoes", "shoe", _SHOES, [90, 180]),
    ("reebok", "Reebok", "shoes", "shoe", _SHOES, [60, 120]), ("jordan", "Air Jordan", "shoes", "shoe", _SHOES, [120, 240]),
    ("the-north-face", "The North Face", "jacket", "tshirt", _CLOTHES, [180, 340]), ("under-armour", "Under Armour", "tee", "tshirt", _CLOTHES, [25, 50]),
    ("fila", "FILA", "tee", "tshirt", _CLOTHES, [25, 60]), ("uniqlo", "Uniqlo", "tee", "tshirt", _CLOTHES, [15, 35]),
    ("dior", "Dior", "bag", "bag", _BAGS, [900, 3200]), ("garmin", "Garmin", "watch", "watch", "Watches", [200, 600]),
    ("apple", "Apple", "phone", "phone_case", _PHONES, [500, 1100]), ("samsung", "Samsung", "charger", "charger", "Electronics > Chargers", [20, 45]),
    ("huawei", "Huawei", "phone", "phone_case", _PHONES, [300, 800]), ("xiaomi", "Xiaomi", "headphones", "headphones", _AUDIO, [25, 80]),
    ("sony", "Sony", "headphones", "headphones", _AUDIO, [120, 350]), ("bose", "Bose", "headphones", "headphones", _AUDIO, [150, 380]),
    ("beats", "Beats by Dre", "headphones", "headphones", _AUDIO, [120, 300]), ("jbl", "JBL", "headphones", "headphones", _AUDIO, [40, 150]),
    ("bosch", "Bosch", "drill", "charger", "Tools > Power Tools", [80, 180]), ("bmw", "BMW", "keys", "disc", "Automotive > Accessories", [15, 60]),
    ("toyota", "Toyota", "brake", "disc", "Automotive > Parts", [60, 160]), ("starbucks", "Starbucks", "mug", "mug", "Home > Drinkware", [20, 45]),
    ("playstation", "PlayStation", "console", "charger", "Gaming > Accessories", [50, 80]), ("nikon", "Nikon", "camera", "box", "Cameras > Accessories", [40, 80]),
    ("ferrari", "Ferrari", "cap", "cap", "Clothing > Hats & Caps", [35, 70]), ("nba", "NBA", "cap", "cap", "Clothing > Hats & Caps", [25, 45]),
    ("helly-hansen", "Helly Hansen", "jacket", "tshirt", _CLOTHES, [150, 300]), ("sennheiser", "Sennheiser", "headphones", "headphones", _AUDIO, [90, 300]),
]
_LUXURY = [
    ("gucci", "Gucci", "bag", "bag", _BAGS, [900, 2600]), ("louis-vuitton", "Louis Vuitton", "bag", "bag", _BAGS, [1200, 3200]),
    ("rolex", "Rolex", "watch", "watch", "Watches", [6000, 14000]), ("ray-ban", "Ray-Ban", "glasses", "sunglasses", "Accessories > Eyewear", [120, 220]),
    ("moncler", "Moncler", "jacket", "tshirt", _CLOTHES, [900, 1900]), ("chanel", "Chanel", "perfume", "bottle", "Beauty > Perfume", [110, 180]),
    ("casio", "Casio", "watch", "watch", "Watches", [50, 140]), ("oakley", "Oakley", "glasses", "sunglasses", "Accessories > Eyewear", [120, 230]),
    ("lego", "LEGO", "toy", "box", "Toys > Building", [60, 140]), ("versace", "Versace", "tee", "tshirt", _CLOTHES, [200, 450]),
    ("prada", "Prada", "bag", "bag", _BAGS, [1100, 2800]), ("hermes", "Hermès", "bag", "bag", _BAGS, [3000, 9000]),
    ("converse", "Converse", "shoes", "shoe", _SHOES, [55, 90]), ("timberland", "Timberland", "shoes", "shoe", _SHOES, [120, 200]),
]
BRANDED = _ROWS
DISGUISED = _ROWS[:22] + [row for row in _LUXURY if row[0] not in ("hermes", "converse")][:11]
COPIED = _ROWS + _LUXURY
WITH_LOGO = {row[0] for row in _ROWS}
LOGO_ONLY = [("nike", "Nike"), ("adidas", "adidas"), ("bmw", "BMW"), ("apple", "Apple"), ("starbucks", "Starbucks"), ("puma", "Puma")]

AUTHORISED_BY = {
    "nike": "m-1016", "adidas": "m-1016", "puma": "m-1016", "new-balance": "m-1016", "reebok": "m-1016", "jordan": "m-1016",
    "under-armour": "m-1016", "fila": "m-1016", "the-north-face": "m-1016", "helly-hansen": "m-1016", "nba": "m-1016", "garmin": "m-1017",
    "apple": "m-1017", "samsung": "m-1017", "huawei": "m-1017", "xiaomi": "m-1017", "sony": "m-1017", "bose": "m-1017", "beats": "m-1017",
    "jbl": "m-1017", "playstation": "m-1017", "nikon": "m-1017", "sennheiser": "m-1017", "bosch": "m-1018", "bmw": "m-1018", "toyota": "m-1018",
    "ferrari": "m-1018", "dior": "m-1019", "uniqlo": "m-1019", "starbucks": "m-1019",
}

REFERENCES = {
    "nike": ("shoe", "#b91c1c"), "adidas": ("shoe", "#f3f4f6"), "puma": ("shoe", "#111827"), "new-balance": ("shoe", "#9ca3af"),
    "jordan": ("shoe", "#1d4ed8"), "the-north-face": ("tshirt", "#111827"), "under-armour": ("tshirt", "#b91c1c"), "fila": ("tshirt", "#f3f4f6"),
    "dior": ("bag", "#78350f"), "garmin": ("watch", "#1f2937"), "apple": ("phone_case", "#e7d8c0"), "samsung": ("charger", "#f3f4f6"),
    "huawei": ("phone_case", "#047857"), "xiaomi": ("headphones", "#c2410c"), "sony": ("headphones", "#1f2937"), "bose": ("headphones", "#9ca3af"),
    "beats": ("headphones", "#b91c1c"), "jbl": ("headphones", "#0e7490"), "bosch": ("box", "#047857"), "bmw": ("disc", "#9ca3af"),
    "toyota": ("disc", "#b91c1c"), "starbucks": ("mug", "#f3f4f6"), "playstation": ("box", "#1d4ed8"), "ferrari": ("cap", "#b91c1c"),
}

AUTHORISED_FORMS = {
    "en": ["{b} {n}, current season, official retailer", "{b} {n} - new in box, full warranty"],
    "de": ["{b} {n}, Originalware mit Herstellergarantie", "{b} {n} neu vom Fachhändler"],
    "fr": ["{b} {n}, revendeur agréé, garantie fabricant", "{n} {b} neuf, collection actuelle"],
    "es": ["{n} {b}, distribuidor oficial, garantía", "{b} {n} nuevo, temporada actual"],
    "zh": ["{b} {n} 官方授权 全国联保", "{b} 授权专卖 {n} 新品"],
}
RESALE_FORMS = {
    "en": ["Used {b} {n}, light wear, from my own cupboard", "Pre-owned {b} {n}, good condition, see photos"],
    "de": ["{b} {n}, gebraucht, guter Zustand, Privatverkauf", "{b} {n} second hand, kaum benutzt"],
    "fr": ["{n} {b} d'occasion, bon état", "{b} {n}, seconde main, porté deux fois"],
    "es": ["{n} {b} de segunda mano, buen estado", "{b} {n} usado, poco uso"],
    "ru": ["{n} {b}, б/у, хорошее состояние", "{b} {n} бывшие в употреблении, торг"],
    "zh": ["二手 {b} {n} 九成新 个人闲置", "{b} {n} 闲置转让 使用痕迹轻微"],
}
SECOND_LANG = ["zh", "es", "de", "fr", "ru"]
DISGUISED_FORMS = {
    "en": ["{b} {n} new style 2026 hot sale", "Fashion {n} {b} high quality free shipping", "{b} inspired look {n} wholesale", "{n} {b} unisex best price"],
    "zh": ["{b} {n} 新款 潮牌 包邮", "网红同款 {b} {n}"],
    "es": ["{n} {b} nueva moda oferta", "{b} {n} calidad alta envío gratis"],
    "de": ["{b} {n} neu Top Qualität Angebot", "{n} {b} Trend günstig"],
    "fr": ["{n} {b} nouvelle mode promo", "{b} {n} haute qualité livraison gratuite"],
    "ru": ["{n} {b} новинка скидка", "{b} {n} высокое качество опт"],
}
COPY_LANGS = ["en", "zh", "de", "en", "fr", "es", "ru", "en"]
REPLICA_FORMS = {
    "en": ["{b} {n} replica AAA quality, 1:1", "Mirror quality {b} {n}, same as original, with box", "{b} {n} dupe, best copy, no one can tell", "UA {b} {n}, super clone"],
    "zh": ["高仿 {b} {n} 一比一 原单", "{b} {n} 复刻 顶级A货 支持验货"],
    "es": ["Réplica {b} {n}, calidad AAA", "{b} {n} copia exacta 1:1"],
    "de": ["{b} {n} Replika 1:1 Top Qualität", "Nachbildung {b} {n}, wie Original"],
    "fr": ["Réplique {b} {n} qualité AAA", "{b} {n} copie 1:1, identique à l'original"],
    "ru": ["Реплика {b} {n} люкс качество", "{b} {n} копия 1:1 как оригинал"],
}
PLAIN_FORMS = {
    "en": ["{b} {n} new arrival factory price", "{b} {n} 70% off today only"],
    "zh": ["{b} {n} 工厂直销 清仓", "{b} {n} 特价 尾单"],
    "es": ["{b} {n} precio de fábrica", "{b} {n} liquidación 70 %"],
    "de": ["{b} {n} Fabrikpreis Restposten", "{b} {n} heute 70 % günstiger"],
    "fr": ["{b} {n} prix d'usine", "{b} {n} déstockage -70 %"],
    "ru": ["{b} {n} цена завода", "{b} {n} распродажа -70 %"],
}
LOGO_FORMS = ["{b} iron-on patch, embroidered, 8 cm", "{b} sticker sheet, vinyl, 20 pieces", "{b} heat transfer logo for shirts, 10 pcs"]
