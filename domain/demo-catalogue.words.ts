/** What the demo shop sells, in words: brands are invented, prices are whole dollars from lowest to highest. */
export type Kind = {
  noun: string
  /** What it is kept under in its department. */
  category: string
  dollars: readonly [number, number]
  materials: readonly string[]
  /** What tells one from the next: `size`, `capacity`, `power`, … */
  measure: string
  sizes: readonly string[]
  pitch: string
}

export type Department = {
  category: string
  code: string
  brands: readonly string[]
  colours: readonly string[]
  care: readonly string[]
  kinds: readonly Kind[]
}

function kind(
  noun: string,
  category: string,
  low: number,
  high: number,
  materials: string,
  sizes: string,
  pitch: string,
): Kind {
  const [measure = '', values = ''] = sizes.split(': ')
  return { noun, category, dollars: [low, high], materials: list(materials), measure, sizes: list(values), pitch }
}

const list = (words: string): readonly string[] => words.split('|')

// biome-ignore format: a table is read by its rows
export const departments: readonly Department[] = [
  {
    category: 'kitchen',
    code: 'KIT',
    brands: list('Ferrow|Oak & Ember|Lindqvist|Panmore|Saltworks'),
    colours: list('graphite|cream|forest green|brushed steel|brick red'),
    care: list(
      'Wash it by hand and it will outlive the recipe.|Works on gas and electric alike.|Comes with a card of three recipes.',
    ),
    kinds: [
      kind('skillet', 'skillets', 34, 129, 'cast iron|carbon steel|stainless steel', 'diameter: 20 cm|24 cm|28 cm', 'Heats evenly from rim to rim, so the last pancake is as good as the first.'),
      kind('saucepan with lid', 'saucepans', 39, 149, 'stainless steel|enamelled steel', 'capacity: 1.5 l|2 l|3 l', 'A pouring rim on both sides and a lid that stays put when you drain.'),
      kind('casserole', 'casseroles', 59, 279, 'enamelled cast iron|stoneware', 'capacity: 3 l|4.5 l|6 l', 'Made for stews that begin on the hob, end in the oven and go straight to the table.'),
      kind('coffee maker', 'coffee makers', 29, 189, 'stainless steel|borosilicate glass', 'capacity: 0.35 l|0.6 l|1 l', 'Brews a full, clear cup in four minutes, without paper and without noise.'),
      kind('mixing bowl set', 'mixing bowls', 19, 69, 'stainless steel|stoneware|enamelled steel', 'set: 3 pieces|4 pieces|5 pieces', 'Bowls that nest on the shelf and do not wander while you whisk.'),
      kind('kettle', 'kettles', 24, 119, 'stainless steel|enamelled steel', 'capacity: 1 l|1.5 l|1.7 l', 'A slow, steady spout that is a pleasure to pour from.'),
      kind('roasting tin', 'roasting tins', 22, 79, 'enamelled steel|carbon steel|stainless steel', 'length: 30 cm|36 cm|40 cm', 'Deep enough for a Sunday joint and all the potatoes around it.'),
      kind('storage jar', 'storage jars', 8, 34, 'stoneware|borosilicate glass', 'capacity: 0.5 l|1 l|2 l', 'A lid that closes with a soft click and keeps flour dry for months.'),
    ],
  },
  {
    category: 'furniture',
    code: 'FUR',
    brands: list('Halden|Timberline Row|Noor Studio|Beckside|Aldous & Finch'),
    colours: list('natural|smoked|white|charcoal|moss'),
    care: list(
      'Wipe with a damp cloth.|Oil once a year and it will outlive us all.|Assembly takes two people twenty minutes.',
    ),
    kinds: [
      kind('armchair', 'armchairs', 249, 899, 'solid oak|walnut|beech', 'size: one size', 'A seat deep enough to read in and light enough to move alone.'),
      kind('side table', 'side tables', 69, 249, 'solid oak|walnut|powder-coated steel', 'width: 40 cm|50 cm|60 cm', 'Just large enough for a lamp, a book and a cup of tea.'),
      kind('bookcase', 'bookcases', 149, 649, 'solid oak|ash|powder-coated steel', 'height: 80 cm|120 cm|180 cm', 'Shelves that do not sag, with a back panel that hides the cables.'),
      kind('dining table', 'dining tables', 349, 999, 'solid oak|walnut|ash', 'length: 140 cm|180 cm|220 cm', 'Seats the family every day and four more at the weekend.'),
      kind('desk', 'desks', 189, 749, 'walnut|beech|powder-coated steel', 'width: 110 cm|140 cm|160 cm', 'A calm place to work, with a drawer for everything that is not.'),
      kind('bench', 'benches', 99, 389, 'solid oak|ash|beech', 'length: 90 cm|120 cm|150 cm', 'For the hallway, the foot of the bed or the long side of a table.'),
      kind('stool', 'stools', 49, 179, 'beech|ash|powder-coated steel', 'height: 45 cm|65 cm|75 cm', 'Stacks four high and stands firmly on an old floor.'),
      kind('coat stand', 'coat stands', 59, 199, 'solid oak|beech|powder-coated steel', 'height: 170 cm|180 cm', 'Eight hooks, one umbrella ring and a base that does not tip.'),
    ],
  },
  {
    category: 'lighting',
    code: 'LIG',
    brands: list('Luma North|Candela & Sons|Halo Works|Dimmer Lane|Polaris'),
    colours: list('warm white|brass|matt black|sage|copper'),
    care: list('Rated for twenty thousand hours.|Spare parts for ten years.|Comes with two metres of cable.'),
    kinds: [
      kind('desk lamp', 'desk lamps', 39, 189, 'brushed brass|spun aluminium|powder-coated steel', 'power: 6 W|9 W', 'An arm that stays where you put it and a shade that spares your eyes.'),
      kind('pendant light', 'pendant lights', 59, 349, 'opal glass|spun aluminium|paper|linen', 'power: 9 W|12 W|18 W', 'Throws a soft circle on the table and leaves the corners quiet.'),
      kind('floor lamp', 'floor lamps', 89, 449, 'brushed brass|powder-coated steel|linen', 'power: 12 W|18 W|24 W', 'Reads over your shoulder, and bends to the wall when guests come.'),
      kind('table lamp', 'table lamps', 35, 229, 'opal glass|brushed brass|ceramic', 'power: 6 W|9 W', 'The light you leave on when you go out, so that home looks like home.'),
      kind('string lights', 'string lights', 12, 49, 'copper wire|recycled plastic', 'length: 5 m|10 m|20 m', 'Little warm points for a balcony, a window or a dull November.'),
      kind('wall light', 'wall lights', 45, 219, 'opal glass|brushed brass|ceramic', 'power: 6 W|9 W|12 W', 'Washes the wall with light and never shines into your face.'),
      kind('bicycle light set', 'bicycle lights', 15, 79, 'aluminium|recycled plastic', 'brightness: 40 lm|120 lm|400 lm', 'Charges over lunch and lasts a week of dark commutes.'),
      kind('night light', 'night lights', 9, 39, 'opal glass|silicone', 'power: 0.5 W|1 W', 'Bright enough for the stairs, dim enough to sleep beside.'),
    ],
  },
  {
    category: 'bedding',
    code: 'BED',
    brands: list('Drowse|Feather & Fold|Morrow Linen|Nightingale|Softholm'),
    colours: list('chalk|oat|dusk blue|clay|olive'),
    care: list('Softer after every wash.|Certified free of harmful substances.|Packed in a bag you will keep.'),
    kinds: [
      kind('duvet cover', 'duvet covers', 49, 219, 'washed linen|percale cotton|organic cotton', 'size: single|double|king', 'Buttons that stay closed and corners that find the duvet by themselves.'),
      kind('fitted sheet', 'fitted sheets', 25, 99, 'washed linen|percale cotton|organic cotton', 'size: single|double|king', 'Elastic all the way round, so it is still flat in the morning.'),
      kind('pillow', 'pillows', 19, 119, 'goose down|lambswool|latex', 'size: 50 x 75 cm|60 x 60 cm', 'Holds its shape, and takes yours, through a long night.'),
      kind('blanket', 'blankets', 39, 249, 'lambswool|organic cotton|recycled wool', 'size: 130 x 180 cm|150 x 200 cm', 'The one everybody in the house will quietly borrow.'),
      kind('duvet', 'duvets', 69, 399, 'goose down|lambswool|silk', 'size: single|double|king', 'Warm where it counts and light enough to forget.'),
      kind('pillowcase pair', 'pillowcases', 15, 69, 'washed linen|percale cotton|silk', 'size: 50 x 75 cm|60 x 60 cm', 'Cool on both sides.'),
      kind('mattress topper', 'mattress toppers', 89, 329, 'latex|lambswool', 'size: single|double|king', 'Turns a spare bed into one that guests remember.'),
      kind('throw', 'throws', 29, 159, 'lambswool|washed linen|recycled wool', 'size: 120 x 150 cm|140 x 180 cm', 'A finished look for the sofa and a warm one for the garden.'),
    ],
  },
  {
    category: 'clothing',
    code: 'CLO',
    brands: list('Harrow & Hem|Northfold|Tidewear|Common Thread|Velden'),
    colours: list('navy|ecru|rust|bottle green|charcoal'),
    care: list('Wash cool, inside out.|Repairs are free in the first year.|Cut to fit true to size.'),
    kinds: [
      kind('crew-neck sweater', 'sweaters', 49, 189, 'merino wool|organic cotton|lambswool', 'size: XS|S|M|L|XL', 'A plain, warm sweater that goes with everything you own.'),
      kind('T-shirt', 't-shirts', 15, 49, 'organic cotton|linen|merino wool', 'size: XS|S|M|L|XL', 'Heavy enough to keep its shape, soft enough to sleep in.'),
      kind('overshirt', 'overshirts', 59, 179, 'brushed flannel|waxed cotton|linen', 'size: S|M|L|XL', 'A shirt in spring, a jacket in summer, a layer in winter.'),
      kind('chinos', 'trousers', 49, 139, 'organic cotton|linen', 'waist: 30|32|34|36', 'A straight leg, real pockets and a waistband that forgives lunch.'),
      kind('rain jacket', 'jackets', 79, 329, 'recycled polyester|waxed cotton', 'size: S|M|L|XL', 'Keeps out a real storm and packs into its own pocket.'),
      kind('beanie', 'hats', 12, 45, 'merino wool|lambswool|organic cotton', 'size: one size', 'Covers the ears, does not itch.'),
      kind('wrap dress', 'dresses', 59, 199, 'linen|organic cotton', 'size: XS|S|M|L', 'Ties at the side, moves with you and has pockets.'),
      kind('five-pack of socks', 'socks', 14, 49, 'merino wool|organic cotton', 'size: 36-39|40-43|44-47', 'A seamless toe and a heel that stays at the heel.'),
    ],
  },
  {
    category: 'footwear',
    code: 'FOO',
    brands: list('Cobble & Co|Strandhill|Farpath|Loam|Merrow'),
    colours: list('chestnut|black|sand|slate|white'),
    care: list('Resoled for a small fee.|Brush it when dry.|Roomy; take your usual size.'),
    kinds: [
      kind('chelsea boots', 'chelsea boots', 99, 349, 'full-grain leather|suede', 'size: 38|40|42|44|46', 'Pull them on at the door; nobody will know you were late.'),
      kind('trail runners', 'trail runners', 79, 229, 'recycled mesh', 'size: 38|40|42|44|46', 'Grip on wet rock and a heel that holds on the way down.'),
      kind('sneakers', 'sneakers', 59, 189, 'full-grain leather|canvas|recycled mesh', 'size: 37|39|41|43|45', 'Clean lines, a cushioned sole and nothing that blinks.'),
      kind('house slippers', 'slippers', 25, 99, 'felted wool|suede', 'size: 36|38|40|42|44', 'Warm feet without a trace of guilt about the floor.'),
      kind('hiking boots', 'hiking boots', 129, 379, 'full-grain leather|suede', 'size: 38|40|42|44|46', 'Supports the ankle, sheds the mud and needs no breaking in.'),
      kind('loafers', 'loafers', 79, 259, 'full-grain leather|suede', 'size: 38|40|42|44', 'Dressed up or barefoot, from the office to the boat.'),
      kind('rubber boots', 'rubber boots', 29, 129, 'natural rubber', 'size: 36|38|40|42|44', 'For puddles, allotments and festivals that believed the forecast.'),
      kind('sandals', 'sandals', 35, 139, 'full-grain leather|recycled webbing|cork', 'size: 36|38|40|42|44', 'Three straps that adjust and a footbed that learns your foot.'),
    ],
  },
  {
    category: 'outdoor',
    code: 'OUT',
    brands: list('Ridgeway|Cairn Supply|Tarn & Fell|Basecamp Nine|Wildermark'),
    colours: list('pine|signal orange|stone|midnight|ochre'),
    care: list('Rinse with fresh water after the sea.|Spare parts for ten years.|Tested in a wet Scottish week.'),
    kinds: [
      kind('backpack', 'backpacks', 49, 289, 'ripstop nylon|waxed canvas|recycled polyester', 'capacity: 18 l|28 l|45 l|65 l', 'Carries its weight on the hips and opens where you need it.'),
      kind('tent', 'tents', 149, 749, 'ripstop nylon|recycled polyester', 'sleeps: 1|2|4', 'Up in six minutes by one person, in the wind, in the dark.'),
      kind('sleeping bag', 'sleeping bags', 69, 449, 'ripstop nylon|recycled polyester', 'warmth: 10 °C|0 °C|-8 °C', 'Warm to its number, and the zip does not bite.'),
      kind('water bottle', 'water bottles', 12, 49, 'stainless steel|titanium', 'capacity: 0.5 l|0.75 l|1 l', 'Keeps tea hot till the summit and never leaks on the map.'),
      kind('camping stove', 'camping stoves', 29, 199, 'titanium|aluminium|stainless steel', 'burners: 1|2', 'Boils a litre in four minutes and simmers when asked to.'),
      kind('head torch', 'head torches', 19, 99, 'aluminium|recycled plastic', 'brightness: 200 lm|350 lm|600 lm', 'A wide beam for camp, a long one for the ridge.'),
      kind('trekking poles', 'trekking poles', 35, 169, 'aluminium|carbon fibre', 'length: 110-130 cm|115-140 cm', 'They fold to the length of a forearm and lock without thinking.'),
      kind('dry bag', 'dry bags', 9, 59, 'ripstop nylon|recycled polyester', 'capacity: 5 l|13 l|20 l|35 l', 'Three folds, one buckle, and your socks stay dry.'),
    ],
  },
  {
    category: 'electronics',
    code: 'ELE',
    brands: list('Voxel Audio|Circuit Row|Amperly|Nodeon|Kestrel Labs'),
    colours: list('space black|silver|white|coral|indigo'),
    care: list('Two-year warranty.|Sent without plastic wrapping.|Comes with a braided USB-C cable.'),
    kinds: [
      kind('wireless headphones', 'headphones', 49, 399, 'aluminium|recycled plastic', 'battery: 24 h|30 h|45 h', 'Quiet when the train is not, with a battery that outlasts the journey.'),
      kind('bluetooth speaker', 'speakers', 29, 299, 'recycled plastic|aluminium|bamboo', 'battery: 8 h|14 h|20 h', 'Fills a kitchen, survives a shower, fits a coat pocket.'),
      kind('power bank', 'power banks', 19, 89, 'aluminium|recycled plastic', 'capacity: 5 000 mAh|10 000 mAh|20 000 mAh', 'Two full charges in something the size of a phone.'),
      kind('mechanical keyboard', 'keyboards', 59, 249, 'aluminium|walnut|recycled plastic', 'layout: 65 keys|84 keys|104 keys', 'A soft, deep keystroke that will not wake the house.'),
      kind('monitor', 'monitors', 149, 899, 'aluminium|recycled plastic', 'diagonal: 24 in|27 in|32 in', 'Even colours to the edge and one cable for picture, data and power.'),
      kind('USB-C dock', 'docks', 39, 249, 'aluminium|recycled plastic', 'ports: 6|9|12', 'Plug in one cable, and the desk wakes up.'),
      kind('e-reader', 'e-readers', 89, 349, 'recycled plastic|magnesium', 'storage: 8 GB|16 GB|32 GB', 'Reads like paper in the sun and lasts for weeks.'),
      kind('solid-state drive', 'drives', 49, 319, 'aluminium|anodised steel', 'storage: 500 GB|1 TB|2 TB|4 TB', 'A whole film library in a pocket, and no moving part to drop.'),
    ],
  },
  {
    category: 'toys',
    code: 'TOY',
    brands: list('Pip & Marble|Little Foundry|Tumbletown|Hopscotch Press|Owlbrook'),
    colours: list('rainbow|sky blue|sunflower|natural|strawberry'),
    care: list('Needs no batteries.|Painted with water-based colours.|Loved by the next child, too.'),
    kinds: [
      kind('building blocks', 'building blocks', 19, 99, 'beech|cork', 'age: 1+|3+|5+', 'A tower, a bridge, a city: whatever it is, it will be knocked down with joy.'),
      kind('jigsaw puzzle', 'puzzles', 9, 39, 'recycled card|beech', 'age: 3+|5+|8+|12+', 'Thick pieces that click, and a picture worth the last hour.'),
      kind('plush animal', 'plush animals', 12, 59, 'organic cotton|lambswool', 'age: 0+|3+', 'Soft ears, strong seams and a face that keeps secrets.'),
      kind('board game', 'board games', 19, 69, 'recycled card|beech', 'age: 5+|8+|10+', 'Learned in five minutes, argued over for years.'),
      kind('train set', 'train sets', 29, 149, 'beech', 'age: 2+|3+|5+', 'Fits the tracks you already have and the sofa they run under.'),
      kind('craft kit', 'craft kits', 8, 45, 'recycled card|felt', 'age: 4+|6+|8+', 'Everything in the box, glue included, for one rainy afternoon.'),
      kind('balance bike', 'balance bikes', 59, 189, 'beech|powder-coated steel', 'age: 2+|3+', 'From wobble to whoosh in a weekend.'),
      kind('kite', 'kites', 9, 59, 'ripstop nylon|recycled polyester', 'age: 5+|8+|12+', 'Flies in a light breeze and forgives a bad launch.'),
    ],
  },
  {
    category: 'stationery',
    code: 'STA',
    brands: list('Quill & Quarto|Inkwell Row|Margin|Papersmith|Fennimore'),
    colours: list('ink blue|burgundy|ivory|forest|black'),
    care: list('Wrapped in paper, sent in card.|From a family workshop.|A favourite of people who keep lists.'),
    kinds: [
      kind('notebook', 'notebooks', 5, 29, 'recycled paper|cotton paper', 'format: A6|A5|B5|A4', 'Paper with a little tooth, for lists, plans and the odd good idea.'),
      kind('fountain pen', 'fountain pens', 24, 189, 'brass|walnut|aluminium', 'nib: fine|medium|broad', 'Starts on the first stroke, even after a month in the drawer.'),
      kind('desk organiser', 'desk organisers', 18, 89, 'walnut|brass|recycled card', 'trays: 3|5', 'A place for the pen, the clip and the letter you will answer tomorrow.'),
      kind('weekly planner', 'planners', 9, 39, 'recycled paper|cotton paper', 'format: A6|A5|A4', 'A week on two pages, undated, so a holiday wastes nothing.'),
      kind('letter set', 'letter sets', 8, 35, 'cotton paper|recycled paper', 'format: A5|A4', 'Twenty sheets and twenty envelopes for words that deserve a stamp.'),
      kind('pencil case', 'pencil cases', 7, 59, 'vegetable-tanned leather|waxed canvas', 'size: small|large', 'Opens wide, closes softly and ages well.'),
      kind('ink bottle', 'inks', 6, 29, 'glass', 'capacity: 30 ml|50 ml', 'Deep, steady colour that dries before your sleeve arrives.'),
      kind('coloured pencils', 'coloured pencils', 8, 79, 'cedar|basswood', 'set: 12 pieces|24 pieces|48 pieces', 'Rich pigment, a soft core and points that do not snap.'),
    ],
  },
]

export const series = list(
  'Arden|Bramble|Cove|Dale|Elm|Fjord|Glen|Harbour|Isle|Juniper|Kite|Larch|Meadow|North|Orchard|Pebble|Quarry|Ridge|Slate|Thorn|Umber|Vale|Willow|Yarrow',
)

export const closings = list(
  'A quiet classic of the house.|One of our best sellers.|Made in small batches.|Designed to be repaired, not replaced.|A gift that gets used.|New this season.',
)
