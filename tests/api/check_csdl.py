"""Checks `$metadata` independently of the product: with lxml and the rules of OASIS' CSDL 4.0
and CSDL JSON 4.01."""

import re

from lxml import etree

EDMX = "{http://docs.oasis-open.org/odata/ns/edmx}"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
NAMESPACE = "microsoft.graph"
PRIMITIVE = {
    "Edm.String", "Edm.Boolean", "Edm.Int32", "Edm.Int64", "Edm.Guid", "Edm.DateTimeOffset", "Edm.Stream",
}
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}$")
# The parts of Graph's schema that programs rely on, irregular spellings included: owner, name,
# type, nullable.
PROPERTIES = [
    ("entity", "id", "Edm.String", False),
    ("exactMatchSessionBase", "dataStoreId", "Edm.String", True),
    ("exactMatchSessionBase", "state", "Edm.String", True),
    ("exactMatchSession", "dataUploadURI", "Edm.String", True),
    ("exactMatchSession", "fields", "Collection(Edm.String)", True),
    ("exactMatchJobBase", "creationDateTime", "Edm.DateTimeOffset", True),
    ("exactMatchJobBase", "error", "microsoft.graph.classificationError", True),
    ("exactMatchDataStoreBase", "columns", "Collection(microsoft.graph.exactDataMatchStoreColumn)", True),
    ("classifcationErrorBase", "innerError", "microsoft.graph.classificationInnerError", True),
    ("classificationError", "details", "Collection(microsoft.graph.classifcationErrorBase)", True),
    ("detectedSensitiveContentBase", "id", "Edm.Guid", True),
    ("exactMatchDiagnostic", "classificationId", "Edm.Guid", False),
    ("unmatched", "corroborativeEvidences", "Collection(Edm.String)", False),
    ("classificationLimit", "impactedSensitiveTypeIds", "Collection(Edm.String)", False),
    ("exactMatchClassificationRequest", "timeoutInMs", "Edm.Int32", True),
    ("fileClassificationRequest", "file", "Edm.Stream", True),
    ("lookupResultRow", "row", "Edm.String", True),
    ("sensitiveType", "scope", "microsoft.graph.sensitiveTypeScope", True),
]
BASES = [
    ("exactMatchDataStore", "exactMatchDataStoreBase"),
    ("exactMatchSession", "exactMatchSessionBase"),
    ("exactMatchSessionBase", "exactMatchJobBase"),
    ("exactMatchLookupJob", "exactMatchJobBase"),
    ("classificationJobResponse", "jobResponseBase"),
    ("classificationError", "classifcationErrorBase"),
    ("processingError", "classificationError"),
    ("exactMatchDetectedSensitiveContent", "detectedSensitiveContentBase"),
    ("machineLearningDetectedSensitiveContent", "detectedSensitiveContent"),
]
ACTIONS = [
    ("commit", "exactMatchSession", [], None),
    ("cancel", "exactMatchSession", [], None),
    ("renew", "exactMatchSession", [], "microsoft.graph.exactMatchSession"),
    ("lookup", "exactMatchDataStore", ["key", "values", "resultColumnNames"], "Collection(Edm.String)"),
    ("rollback", "exactMatchDataStore", [], "microsoft.graph.exactMatchDataStore"),
]


class Csdl:
    """The elements of a document by name."""

    def __init__(self, text):
        self.root = etree.fromstring(text)
        assert self.root.tag == f"{EDMX}Edmx" and self.root.get("Version") == "4.0", "no CSDL 4.0"
        schemas = self.root.findall(f"{EDMX}DataServices/{EDM}Schema")
        self.schemas = {schema.get("Namespace"): schema for schema in schemas}
        self.schema = self.schemas[NAMESPACE]
        self.types = {}
        for kind in ("EnumType", "ComplexType", "EntityType"):
            for element in self.schema.findall(f"{EDM}{kind}"):
                assert element.get("Name") not in self.types, f"{element.get('Name')} stands twice"
                self.types[element.get("Name")] = element
        self.actions = self.schema.findall(f"{EDM}Action")

    def kind(self, name):
        return self.types[name].tag.removeprefix(EDM)

    def lineage(self, name):
        """Returns the type and those that it inherits from; fails on a cycle."""
        line = []
        while name:
            assert name not in line, f"{name} inherits from itself"
            line.append(name)
            base = self.types[name].get("BaseType")
            assert base is None or base.startswith(f"{NAMESPACE}."), base
            name = base and base.removeprefix(f"{NAMESPACE}.")
        return line

    def own(self, name, kind):
        return {element.get("Name"): element for element in self.types[name].findall(f"{EDM}{kind}")}


def resolves(csdl, text):
    bare = re.fullmatch(r"(?:Collection\()?([A-Za-z0-9_.]+)\)?", text)
    assert bare and text.startswith("Collection(") == text.endswith(")"), f"{text} is no type"
    name = bare.group(1)
    assert name in PRIMITIVE or name.removeprefix(f"{NAMESPACE}.") in csdl.types, f"{name} is not declared"
    return name


def check_structure(csdl):
    """Names, bases, keys, types, enums: what a reader builds its model from."""
    for name, element in csdl.types.items():
        assert IDENTIFIER.match(name), name
        kind = csdl.kind(name)
        if kind == "EnumType":
            values = [int(member.get("Value")) for member in element.findall(f"{EDM}Member")]
            assert values and len(set(values)) == len(values), f"{name} has a value twice"
            if element.get("IsFlags") == "true":
                assert all(value > 0 for value in values), f"{name} has a flag of nothing"
            continue
        line = csdl.lineage(name)
        assert {csdl.kind(base) for base in line} == {kind}, f"{name} inherits from another kind"
        keys = [base for base in line if csdl.types[base].find(f"{EDM}Key") is not None]
        assert len(keys) == (kind == "EntityType"), f"{name} has {len(keys)} keys"
        names = [found for base in line for part in ("Property", "NavigationProperty") for found in csdl.own(base, part)]
        assert len(set(names)) == len(names), f"{name} has a property twice"
        for found in element.findall(f"{EDM}Property"):
            assert IDENTIFIER.match(found.get("Name")), found.get("Name")
            target = resolves(csdl, found.get("Type"))
            assert target in PRIMITIVE or csdl.kind(target.rsplit(".", 1)[1]) != "EntityType", found.get("Name")
        for found in element.findall(f"{EDM}NavigationProperty"):
            target = resolves(csdl, found.get("Type")).removeprefix(f"{NAMESPACE}.")
            assert csdl.kind(target) == "EntityType" and found.get("ContainsTarget") == "true", found.get("Name")
    for keyed in csdl.schema.findall(f"{EDM}EntityType/{EDM}Key/{EDM}PropertyRef"):
        owner = csdl.own(keyed.getparent().getparent().get("Name"), "Property")
        assert owner[keyed.get("Name")].get("Nullable") == "false", "a key may not be null"


def check_bindings(csdl):
    """Actions are bound to entities, and the container contains the service."""
    for action in csdl.actions:
        assert action.get("IsBound") == "true", action.get("Name")
        parameters = action.findall(f"{EDM}Parameter")
        bound = resolves(csdl, parameters[0].get("Type")).removeprefix(f"{NAMESPACE}.")
        assert csdl.kind(bound) == "EntityType", action.get("Name")
        for element in [*parameters, *action.findall(f"{EDM}ReturnType")]:
            resolves(csdl, element.get("Type"))
    container = csdl.schema.find(f"{EDM}EntityContainer")
    singleton = container.find(f"{EDM}Singleton")
    assert singleton.get("Name") == "dataClassification"
    assert singleton.get("Type") == f"{NAMESPACE}.dataClassificationService"


def check_contract(csdl):
    """What programs for Graph rely on."""
    for owner, name, type_name, nullable in PROPERTIES:
        found = csdl.own(owner, "Property")[name]
        declared = (found.get("Type"), found.get("Nullable", "true") == "true")
        assert declared == (type_name, nullable), f"{owner}.{name} is {declared}"
    for name, base in BASES:
        assert csdl.types[name].get("BaseType") == f"{NAMESPACE}.{base}", name
    for name in ("entity", "exactMatchJobBase"):
        assert csdl.types[name].get("Abstract") == "true", name
    for name, bound, parameters, returned in ACTIONS:
        action = next(action for action in csdl.actions if action.get("Name") == name)
        first, *others = action.findall(f"{EDM}Parameter")
        assert first.get("Type") == f"{NAMESPACE}.{bound}", name
        assert [parameter.get("Name") for parameter in others] == parameters, name
        result = action.find(f"{EDM}ReturnType")
        assert (result is not None and result.get("Type")) == (returned or False), name


def check_additions(csdl):
    """Everything that Graph lacks is marked, and the mark is declared."""
    term = csdl.schemas["edm.service"].find(f"{EDM}Term")
    assert (term.get("Name"), term.get("Type")) == ("Addition", "Org.OData.Core.V1.Tag")

    def marked(element):
        return any(mark.get("Term") == "edm.service.Addition" for mark in element.findall(f"{EDM}Annotation"))

    for owner, name, expected in [
        ("exactMatchDataStore", "rowCount", True),
        ("exactMatchSession", "keyId", True),
        ("exactMatchSession", "salt", False),
        ("exactMatchSessionBase", "dataStoreId", False),
        ("exactMatchSessionBase", "datastoreId", True),
        ("exactDataMatchStoreColumn", "dataType", True),
        ("exactDataMatchStoreColumn", "isSearchable", False),
        ("sensitiveType", "exactMatch", True),
    ]:
        assert marked(csdl.own(owner, "Property")[name]) == expected, f"{owner}.{name}"
    assert marked(csdl.types["exactMatchRule"]) and not marked(csdl.types["exactMatchSession"])
    for element in [*csdl.types.values(), *csdl.actions]:
        words = [mark for mark in element.findall(f"{EDM}Annotation") if mark.get("String")]
        assert words, f"{element.get('Name')} is not described"


def as_json(csdl):
    """Returns the content of the XML in the terms of CSDL JSON, without annotations."""
    def typing(element, always=False):
        text = element.get("Type")
        many = text.startswith("Collection(")
        fields = {"$Type": text.removeprefix("Collection(").rstrip(")") if many else text}
        if many:
            fields["$Collection"] = True
        if not always and element.get("Nullable", "true") == "true":
            fields["$Nullable"] = True
        return fields

    said = {}
    for name, element in csdl.types.items():
        fields = {"$Kind": csdl.kind(name)}
        for attribute, member in (("Abstract", "$Abstract"), ("OpenType", "$OpenType"), ("IsFlags", "$IsFlags")):
            if element.get(attribute) == "true":
                fields[member] = True
        if element.get("BaseType"):
            fields["$BaseType"] = element.get("BaseType")
        if element.find(f"{EDM}Key") is not None:
            fields["$Key"] = ["id"]
        for member in element.findall(f"{EDM}Member"):
            fields[member.get("Name")] = int(member.get("Value"))
        for found in element.findall(f"{EDM}Property"):
            fields[found.get("Name")] = typing(found)
        for found in element.findall(f"{EDM}NavigationProperty"):
            many = found.get("Type").startswith("Collection(")
            fields[found.get("Name")] = {"$Kind": "NavigationProperty", "$ContainsTarget": True, **typing(found, many)}
        said[name] = fields
    for action in csdl.actions:
        first, *others = action.findall(f"{EDM}Parameter")
        parameters = [{"$Name": first.get("Name"), "$Type": first.get("Type")}]
        parameters += [{"$Name": parameter.get("Name"), **typing(parameter)} for parameter in others]
        fields = {"$Kind": "Action", "$IsBound": True, "$Parameter": parameters}
        if action.find(f"{EDM}ReturnType") is not None:
            fields["$ReturnType"] = typing(action.find(f"{EDM}ReturnType"))
        said[action.get("Name")] = [fields]
    singleton = csdl.schema.find(f"{EDM}EntityContainer/{EDM}Singleton")
    container = csdl.schema.find(f"{EDM}EntityContainer").get("Name")
    said[container] = {"$Kind": "EntityContainer", singleton.get("Name"): {"$Type": singleton.get("Type")}}
    return said


def without_annotations(value):
    if isinstance(value, dict):
        return {name: without_annotations(one) for name, one in value.items() if not name.startswith("@")}
    return [without_annotations(one) for one in value] if isinstance(value, list) else value


def check_both_forms(csdl, document):
    """The JSON has the same content as the XML."""
    assert document["$Version"] == "4.01"
    said, expected = without_annotations(document[NAMESPACE]), as_json(csdl)
    for name in sorted(said.keys() | expected.keys()):
        assert said.get(name) == expected.get(name), f"{name}: {said.get(name)} beside {expected.get(name)}"
    namespace, _, container = document["$EntityContainer"].rpartition(".")
    assert document[namespace][container]["$Kind"] == "EntityContainer"
