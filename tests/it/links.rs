//! What the program asks the system's libraries for, read off its file: nothing that opens, accepts or looks up a connection.
//!
//! The libraries that it is built from have such functions; this says that none is linked. Calls past the C library are `rustix`'s, of
//! which `deny.toml` refuses the part for networks, and [`rnn_lsp::confine`] has the kernel refuse all of them.
#![cfg(all(
    target_os = "linux",
    target_pointer_width = "64",
    target_endian = "little"
))]

/// What a connection needs, of the C library. Pairs of sockets (`socketpair`) lead nowhere but to the process itself.
const CONNECTIONS: [&str; 12] = [
    "socket",
    "connect",
    "bind",
    "listen",
    "accept",
    "accept4",
    "sendto",
    "getaddrinfo",
    "gethostbyname",
    "gethostbyname_r",
    "res_query",
    "if_nametoindex",
];

#[test]
fn no_connection_can_be_made() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_rnn-lsp")).expect("the program");
    let names = imported(&program).expect("a program of this system");
    for needed in ["write", "read", "mmap"] {
        assert!(
            names.iter().any(|name| name.starts_with(needed)),
            "{needed} is not among {names:?}: are these the imports?"
        );
    }
    for name in CONNECTIONS {
        assert!(!names.iter().any(|found| found == name), "{name} is linked");
    }
}

/// Names of the dynamic symbols that others must define: [the ELF format](https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.symtab.html).
fn imported(file: &[u8]) -> Option<Vec<String>> {
    const DYNAMIC_SYMBOLS: u64 = 11;
    let number = |at: usize, bytes: usize| {
        let field = file.get(at..at + bytes)?;
        Some(
            field
                .iter()
                .rev()
                .fold(0, |sum, &byte| sum << 8 | u64::from(byte)),
        )
    };
    file.strip_prefix(b"\x7fELF")?;
    let (table, size, count) = (number(0x28, 8)?, number(0x3a, 2)?, number(0x3c, 2)?);
    let section = |index: u64| usize::try_from(table + index * size).ok();
    let place = |header: usize| {
        let start = usize::try_from(number(header + 0x18, 8)?).ok()?;
        let length = usize::try_from(number(header + 0x20, 8)?).ok()?;
        file.get(start..start.checked_add(length)?)
    };
    let header = (0..count)
        .filter_map(section)
        .find(|&header| number(header + 4, 4) == Some(DYNAMIC_SYMBOLS))?;
    let strings = place(section(number(header + 0x28, 4)?)?)?;
    let symbols = place(header)?.chunks_exact(24);
    let undefined = symbols.filter(|symbol| symbol[6..8] == [0, 0]);
    let name = |symbol: &[u8]| {
        let at = u32::from_le_bytes(*symbol.first_chunk()?) as usize;
        let name = strings.get(at..)?.split(|&byte| byte == 0).next()?;
        String::from_utf8(name.to_vec()).ok()
    };
    undefined.map(name).collect()
}
