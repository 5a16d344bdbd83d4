"""The types of puppetlabs/stdlib that are known without it, in Puppet's own notation: definitions use them.

Each accepts exactly what the type of that name in the Puppetfile's stdlib accepts (tests compare them), but
says what an operator writes for it, and no text makes its expression slow. What else stdlib and other modules
have is read from vendor_modules where that is there.
"""

from __future__ import annotations

_OCTET = "([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
_IPV4 = rf"{_OCTET}(\.{_OCTET}){{3}}"
_GROUP = "[0-9A-Fa-f]{1,4}"
_PREFIX_4 = r"\/([0-9]|[12][0-9]|3[0-2])"
_PREFIX_6 = r"(\/(1([01][0-9]|2[0-8])|[1-9][0-9]|[0-9]))?"
#: '::' stands for at least one group: n groups before it leave room for 7 - n, or 5 - n and an IPv4 address.
_COMPRESSED = [rf":(:|(:{_GROUP}){{1,7}})"] + [
    rf"({_GROUP}:){{{n}}}(:{_GROUP}){{1,{7 - n}}}|({_GROUP}:){{{n}}}:" for n in range(1, 7)
] + [rf"({_GROUP}:){{7}}:"]  # fmt: skip
_EMBEDDED = [rf"({_GROUP}:){{6}}{_IPV4}", rf":(:{_GROUP}){{0,5}}:{_IPV4}"] + [
    rf"({_GROUP}:){{{n}}}(:{_GROUP}){{0,{5 - n}}}:{_IPV4}" for n in range(1, 6)
]
_IPV6 = f"({'|'.join([rf'{_GROUP}(:{_GROUP}){{7}}', *_COMPRESSED, *_EMBEDDED])})"

_SYMBOLIC = "([ugoa]*([-+=]([rwxXst]*|[ugo]))+|[-+=][0-7]+)"
_WORD, _STEP = r"[\w-]+", r"[^\n\/\0]+"
_LABEL = r"[a-zA-Z0-9]([a-zA-Z0-9\-]*[a-zA-Z0-9])?"

#: name -> (type, what an operator writes)
STDLIB: dict[str, tuple[str, str]] = {
    "Stdlib::Absolutepath": ("Variant[Stdlib::Windowspath, Stdlib::Unixpath]", "an absolute path"),
    "Stdlib::Unixpath": (r"Pattern[/\A\/([^\n\/\0][^\n\0]*)?\z/]", "an absolute path, such as /opt/service"),
    "Stdlib::Windowspath": (
        r"Pattern[/\A(([a-zA-Z]:[\\\/])|([\\\/][\\\/][^\\\/]+[\\\/][^\\\/]+)|([\\\/][\\\/]\?[\\\/][^\\\/]+)).*\z/]",
        "an absolute path of Windows, such as C:/service",
    ),
    "Stdlib::Base64": (r"Pattern[/\A[a-zA-Z0-9\/\+]+={,2}\z/]", "Base64 text"),
    "Stdlib::Datasize": (r"Pattern[/^\d+(?i:[kmgt]b?|b)$/]", "a size, such as 10M"),
    "Stdlib::Ensure::Service": ("Enum['stopped', 'running']", "stopped or running"),
    "Stdlib::Ensure::File": (
        "Enum['present', 'file', 'directory', 'link', 'absent']",
        "present, file, directory, link or absent",
    ),
    "Stdlib::Filemode": (
        rf"Pattern[/\A(([0-7]{{1,4}})|({_SYMBOLIC}(,{_SYMBOLIC})*))\z/]",
        "a file mode, such as '0644', in quotes",
    ),
    "Stdlib::Filesource": (
        r"Variant[Stdlib::Absolutepath, Stdlib::HTTPUrl, "
        rf"Pattern[/\A(file:\/\/|puppet:\/\/({_WORD}(\.{_WORD})*\.?)?)\/{_STEP}(\/{_STEP})*\/?\z/]]",
        "where Puppet takes a file from, such as puppet:///modules/profile/motd",
    ),
    "Stdlib::Fqdn": (rf"Pattern[/\A({_LABEL}\.)*{_LABEL}\z/]", "a host name, such as tts1.example.org"),
    "Stdlib::Host": ("Variant[Stdlib::Fqdn, Stdlib::IP::Address]", "a host name or an address"),
    "Stdlib::HTTPUrl": (
        r"Pattern[/(?i:\Ahttps?:\/\/.*\z)/]",
        "an address that begins with http:// or https://",
    ),
    "Stdlib::HTTPSUrl": (r"Pattern[/(?i:\Ahttps:\/\/.*\z)/]", "an address that begins with https://"),
    "Stdlib::HttpStatus": ("Integer[100, 599]", "a status of HTTP: a whole number from 100 to 599"),
    "Stdlib::IP::Address": (
        "Variant[Stdlib::IP::Address::V4, Stdlib::IP::Address::V6]",
        "an IP address, such as 10.77.0.1 or fd00::1, or a network",
    ),
    "Stdlib::IP::Address::Nosubnet": (
        "Variant[Stdlib::IP::Address::V4::Nosubnet, Stdlib::IP::Address::V6::Nosubnet]",
        "an IP address, such as 10.77.0.1 or fd00::1",
    ),
    "Stdlib::IP::Address::V4": (
        "Variant[Stdlib::IP::Address::V4::CIDR, Stdlib::IP::Address::V4::Nosubnet]",
        "an IPv4 address or network",
    ),
    "Stdlib::IP::Address::V4::CIDR": (
        rf"Pattern[/\A{_IPV4}{_PREFIX_4}\z/]",
        "a network, such as 10.77.0.0/24",
    ),
    "Stdlib::IP::Address::V4::Nosubnet": (rf"Pattern[/\A{_IPV4}\z/]", "an IPv4 address, such as 10.77.0.1"),
    "Stdlib::IP::Address::V6": (rf"Pattern[/\A{_IPV6}{_PREFIX_6}\z/]", "an IPv6 address or network"),
    "Stdlib::IP::Address::V6::CIDR": (
        rf"Pattern[/\A{_IPV6}{_PREFIX_6.removesuffix('?')}\z/]",
        "an IPv6 network, such as fd00::/8",
    ),
    "Stdlib::IP::Address::V6::Nosubnet": (rf"Pattern[/\A{_IPV6}\z/]", "an IPv6 address, such as fd00::1"),
    "Stdlib::MAC": (
        r"Pattern[/\A(\h{2}[:-]){5}\h{2}\z/, /\A(\h{2}[:-]){19}\h{2}\z/]",
        "a hardware address, such as 02:00:00:00:00:01",
    ),
    "Stdlib::Port": ("Integer[0, 65535]", "a port: a whole number from 0 to 65535"),
    "Stdlib::Port::Dynamic": ("Integer[49152, 65535]", "a port: a whole number from 49152 to 65535"),
    "Stdlib::Port::Ephemeral": ("Integer[49152, 65535]", "a port: a whole number from 49152 to 65535"),
    "Stdlib::Port::Privileged": ("Integer[1, 1023]", "a port: a whole number from 1 to 1023"),
    "Stdlib::Port::Registered": ("Integer[1024, 49151]", "a port: a whole number from 1024 to 49151"),
    "Stdlib::Port::Unprivileged": ("Integer[1024, 65535]", "a port: a whole number from 1024 to 65535"),
    "Stdlib::Port::User": ("Integer[1024, 49151]", "a port: a whole number from 1024 to 49151"),
    "Stdlib::Yes_no": (r"Pattern[/\A(?i:(yes|no))\z/]", "yes or no, in quotes"),
}
