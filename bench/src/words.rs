// tidy: list
//! Words for rows and lines. They are common words, because a vocabulary prefilter is only tested
//! by words that also occur in texts.

#[rustfmt::skip]
pub(crate) const GIVEN_NAMES: &[&str] = &[
    "Ada", "Adam", "Agnes", "Alan", "Albert", "Alice", "Amir", "Amy", "Ana", "Andrea", "Andrew", "Angela", "Anna", "Anton", "April", "Arthur", "Aurora", "Barbara", "Beatrice",
    "Ben", "Bianca", "Bill", "Bob", "Brian", "Bruno", "Camila", "Carl", "Carlos", "Carol", "Charles", "Chiara", "Chloe", "Claire", "Clara", "Colin", "Craig", "Crystal", "Dale",
    "Daniel", "Daria", "David", "Dawn", "Dean", "Diana", "Diego", "Donald", "Dora", "Edith", "Edward", "Elena", "Elias", "Emil", "Emma", "Eric", "Esther", "Eva", "Faith",
    "Felix", "Fiona", "Florence", "Frances", "Frank", "Frida", "Gabriel", "George", "Gloria", "Grace", "Grant", "Greta", "Guy", "Hana", "Hannah", "Harold", "Hassan", "Heather",
    "Helen", "Henry", "Hope", "Hugo", "Ida", "Igor", "Ines", "Ingrid", "Irene", "Iris", "Isaac", "Ivan", "Ivy", "Jack", "Jade", "Jakob", "James", "Jane", "Jasmin", "Jason",
    "Jean", "Jens", "Joan", "Joel", "John", "Jonas", "Jorge", "Joseph", "Joy", "Juan", "Judith", "Julia", "June", "Karen", "Karim", "Karl", "Kate", "Kenji", "Laila", "Lars",
    "Laura", "Leo", "Liam", "Lily", "Linda", "Lorenzo", "Lucas", "Lucy", "Luis", "Lydia", "Magda", "Malik", "Marcel", "Margot", "Maria", "Mark", "Marta", "Martin", "Mary",
    "Matt", "May", "Maya", "Mercedes", "Mia", "Michael", "Miguel", "Milan", "Mina", "Miriam", "Mohamed", "Monica", "Nadia", "Naomi", "Nathan", "Nick", "Nina", "Noah", "Noor",
    "Nora", "Olga", "Oliver", "Olivia", "Omar", "Oscar", "Otto", "Pablo", "Pat", "Paul", "Paula", "Pearl", "Pedro", "Peter", "Petra", "Philip", "Pilar", "Priya", "Rachel",
    "Rahul", "Ralph", "Ray", "Rebecca", "Rich", "Rob", "Robert", "Robin", "Rosa", "Rose", "Ruben", "Ruby", "Ruth", "Salma", "Sam", "Samir", "Sanjay", "Sara", "Selma", "Sergei",
    "Silvia", "Simon", "Sofia", "Sonja", "Stefan", "Stella", "Sue", "Susan", "Tamara", "Tariq", "Teresa", "Theo", "Thomas", "Tobias", "Tom", "Ursula", "Vera", "Victor", "Viola",
    "Violet", "Wanda", "Wei", "Will", "William", "Xavier", "Yara", "Yuki", "Yusuf", "Zahra", "Zoe",
];

#[rustfmt::skip]
pub(crate) const PLAIN_SURNAMES: &[&str] = &[
    "Abbott", "Adams", "Allen", "Archer", "Baker", "Ball", "Banks", "Barber", "Becker", "Bell", "Bennett", "Best", "Bird", "Bishop", "Black", "Bond", "Booth", "Bowman", "Brown",
    "Burns", "Bush", "Butler", "Byrd", "Campbell", "Cannon", "Carpenter", "Carter", "Case", "Chambers", "Chase", "Church", "Clark", "Clay", "Cohen", "Coleman", "Cook", "Cooper",
    "Costa", "Craft", "Crane", "Cross", "Cruz", "Davis", "Day", "Dean", "Diaz", "Drake", "Duke", "Duncan", "Edwards", "Ellis", "English", "Evans", "Farmer", "Field", "Fisher",
    "Fleming", "Flowers", "Ford", "Foster", "Fox", "Franks", "Freeman", "French", "Frost", "Garcia", "Gates", "Gold", "Good", "Graham", "Graves", "Gray", "Green", "Griffin",
    "Hall", "Hansen", "Hardy", "Harper", "Harris", "Hart", "Hayes", "Head", "Henry", "Hill", "Holmes", "House", "Howard", "Hudson", "Hunt", "Hunter", "Ivanov", "Jackson",
    "Jensen", "Johnson", "Jones", "Jordan", "Joyce", "Justice", "Keller", "Kelly", "Kennedy", "Key", "Khan", "Kim", "King", "Knight", "Lake", "Lane", "Lang", "Law", "Lee",
    "Lewis", "Little", "Long", "Lopez", "Love", "Lowe", "Lynch", "Major", "Marsh", "Marshall", "Martin", "Mason", "Mercer", "Meyer", "Miller", "Mills", "Mitchell", "Moody",
    "Moon", "Moore", "Morris", "Moss", "Murphy", "Nash", "Newman", "Noble", "North", "Novak", "Olsen", "Page", "Park", "Parker", "Patel", "Pearson", "Perez", "Perry", "Peters",
    "Pike", "Pope", "Porter", "Potter", "Powell", "Power", "Price", "Prince", "Quinn", "Reed", "Reid", "Rice", "Rich", "Richards", "Rivers", "Roberts", "Rogers", "Rose", "Ross",
    "Rossi", "Rowe", "Russell", "Salazar", "Sanders", "Savage", "Schmidt", "Scott", "Sharp", "Shaw", "Shepherd", "Short", "Silva", "Singh", "Small", "Smith", "Snow", "Sparks",
    "Spencer", "Stanley", "Steele", "Stein", "Stone", "Strong", "Summers", "Swift", "Taylor", "Temple", "Thomas", "Todd", "Tran", "Tucker", "Turner", "Underwood", "Vance",
    "Wade", "Walker", "Wall", "Walsh", "Ward", "Waters", "Watson", "Weaver", "Webb", "Weber", "Wells", "West", "White", "Wilson", "Winter", "Wise", "Wolf", "Wood", "Woods",
    "Wright", "Yang", "York", "Young", "Zimmerman",
];

#[rustfmt::skip]
pub(crate) const STREETS: &[&str] = &[
    "Oak", "Maple", "Cedar", "Pine", "Elm", "Walnut", "Chestnut", "Spring", "Lake", "Hill", "Park", "Church", "Main", "High", "North", "South", "East", "West", "River", "Mill",
    "Market", "Union", "Center", "Court", "Bridge", "School", "State", "Washington", "Lincoln", "Jefferson", "Franklin", "Jackson", "Madison", "Victoria", "King", "Queen",
    "Prince", "Castle", "Garden", "Green", "Orchard", "Meadow", "Forest", "Sunset", "Ridge", "Valley", "Harbor", "Ocean", "Beach", "Canal", "Station", "Railway", "College",
    "Liberty", "Independence", "Grand", "Broad", "Long", "Short", "First", "Second", "Third", "Fourth", "Fifth", "Old Mill", "Stone Bridge", "Apple Tree", "Silver Lake",
    "Rose Hill", "Fox Run", "Bell Tower", "Mount Pleasant", "Saint James", "Windy Ridge", "Willow Creek", "Cherry Blossom",
];

pub(crate) const STREET_KINDS: &[&str] =
    &["Street", "Avenue", "Road", "Lane", "Drive", "Court", "Place", "Way", "Boulevard", "Square"];

#[rustfmt::skip]
pub(crate) const CITIES: &[&str] = &[
    "Springfield", "Riverside", "Franklin", "Greenville", "Bristol", "Clinton", "Fairview", "Salem", "Madison", "Georgetown", "Arlington", "Ashland", "Dover", "Oxford",
    "Jackson", "Burlington", "Manchester", "Milton", "Newport", "Auburn", "Centerville", "Clayton", "Dayton", "Lexington", "Milford", "Mount Vernon", "Oakland", "Winchester",
    "Cleveland", "Hudson", "Kingston", "Monroe", "New Haven", "Port Clare", "Saint Albans", "West Lake", "North Bend", "Cambridge", "Lancaster", "Hamilton",
];

#[rustfmt::skip]
pub(crate) const SYLLABLES: &[&str] = &[
    "ba", "be", "bo", "bran", "bur", "cal", "can", "cor", "dal", "den", "dor", "el", "en", "er", "fal", "fen", "gar", "gel", "gor", "hal", "han", "hol", "il", "in", "jar",
    "kal", "ken", "kor", "lam", "len", "lo", "mar", "mel", "mor", "nal", "ned", "nor", "ol", "or", "pel", "per", "por", "quel", "ral", "ren", "ris", "ros", "sal", "sen",
    "sor", "stan", "tal", "ter", "tor", "ul", "ur", "val", "ven", "vor", "wal", "wen", "wor", "yal", "zen",
];

/// Messages as a service writes them into its log.
#[rustfmt::skip]
pub(crate) const LOG_MESSAGES: &[&str] = &[
    "request completed", "connection reset by peer", "cache miss for key", "user signed in", "retrying after timeout", "payment authorised", "record updated",
    "queue depth above threshold", "certificate expires in 30 days", "slow query", "job finished", "health check passed", "upstream returned 502", "session expired",
    "configuration reloaded", "rate limit applied", "export started", "password changed", "webhook delivered", "disk usage at 81 percent",
];
