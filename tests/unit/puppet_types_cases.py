"""Data types that are refused, and those that Puppet is asked about."""

from __future__ import annotations

REFUSED = [
    ("", 0, "a type was expected"),
    ("Strin", 0, "did you mean String?"),
    ("string", 0, "string is no Puppet data type (did you mean String?)"),
    ("Stdlib::Prot", 0, "did you mean Stdlib::Port?"),
    ("Array[", 6, "a type was expected"),
    ("Array[]", 6, "the brackets are empty"),
    ("Array[Integer", 13, "',' was expected"),
    ("Array[Integer]]", 14, "after the end"),
    ("Array[1]", 6, "takes a type here"),
    ("Array[0, 5]", 6, "takes a type here"),
    ("Hash[0, 5]", 5, "takes a type here"),
    ("Array[Strin]", 6, "did you mean String?"),
    ("Integer[5, 1]", 8, "the wrong way round"),
    ("Integer[0777]", 8, "decimal digits"),
    ("Integer['1']", 8, "a number or default"),
    ("Integer[1.5]", 8, "a number or default"),
    ("String[-1]", 7, "no bound below 0"),
    ("Undef[1]", 6, "takes no parameters"),
    ("Stdlib::Port[1]", 13, "takes no parameters"),
    ("Hash[String]", 0, "one for values"),
    ("Enum", 0, "takes the texts"),
    ("Enum['a', true]", 10, "(?i:"),
    ("Variant", 0, "the types to choose from"),
    ("Struct[String]", 7, "a hash of keys"),
    ("Struct[{a => 1}]", 13, "takes a type"),
    ("Struct[{a => String, 'a' => String}]", 21, "the key a twice"),
    ("Struct[{Integer => String}]", 8, "takes a text"),
    ("Tuple[1, Integer]", 0, "types, then bounds"),
    ("Regexp", 0, "cannot be checked in YAML"),
    ("Array[Timestamp]", 6, "in YAML it is text"),
    ("Pattern[/(?>a)/]", 0, "in a regular expression: of groups"),
    ("Pattern[/(/]", 0, "never closed"),
    ("Pattern[/a/", 11, "',' was expected"),
    ('Enum["$x"]', 5, "no variables"),
    ("Enum['a]", 5, "a quote or a slash may be missing"),
    ("Optional[" * 40, 296, "deeper than 32"),
    ("Variant[" + "Integer," * 5000 + "]", 0, "more than 20000"),
]


# Puppet is asked about every pair of these types and values, and about generated ones.

FIXED = (
    r"""
Any; Data; Undef; Boolean; Boolean[true]; Scalar; ScalarData; Numeric; NotUndef; NotUndef[Optional[Integer]]
Integer; Integer[1]; Integer[default, 5]; Integer[-3, 3]; Float; Float[0, 1]; Float[0.5]; ::Integer
String; String[1]; String[2, 3]; String[default, 2]; Enum['a', 'B']; Enum[a-b, c]; Collection; Collection[1, 2]
Array; Array[Integer]; Array[String, 1]; Array[Any, 1, 2]; Tuple[Integer, String]; Tuple[Integer, String, 1]
Tuple[Integer, String, 1, 3]; Tuple[Integer, 0, default]; Hash; Hash[String, Integer]; Hash[String[1], Any, 1]
Hash[String, Any, 0, 1]; Hash[Enum[a, b], Boolean]; Hash[Integer, Any]; Struct[{a => Integer}]
Struct[{a => Optional[Integer]}]; Struct[{Optional[a] => Integer}]
Struct[{NotUndef[a] => Optional[Integer], 'b' => Any}]; Struct[{Optional['a'] => Optional[Integer], b => String}]
Optional[Integer]; Optional['a']; Optional[Struct[{a => Integer}]]; Optional[Tuple[Integer, String, 1]]
Variant[Integer, String[2]]; Variant[Array[Integer], Enum['a']]
Pattern[/\A[a-z]+\z/, /^\d+$/]; Pattern['\Aa']; Enum["a", "it's", "\u00e9", "\u{1F600}\q\t"]; Enum['it\'s', 'a\b']
""".replace("\n", "; ")
    .strip("; ")
    .split("; ")
)
