//! A Rust file as tidy reads it: comments and literals blanked, test code marked, functions measured.
//! It reads words and braces, not grammar: what stands inside macros is seen too.

pub(super) struct Source {
    pub path: String,
    /// The text with every comment and literal blanked, byte for byte as long, line breaks kept.
    pub code: String,
    /// Test code as a whole: it lies in a test folder or is declared under `#[cfg(test)]`.
    pub all_test: bool,
    line_starts: Vec<usize>,
    /// Byte ranges of `code` that only tests compile.
    test_ranges: Vec<(usize, usize)>,
    test_modules: Vec<String>,
}

pub(super) struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
    pub test: bool,
}

impl Source {
    pub(super) fn read(path: &str, text: &str) -> Source {
        let code = blank(text);
        let line_starts = std::iter::once(0)
            .chain(code.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1));
        let mut source = Source {
            path: path.to_owned(),
            all_test: path
                .split('/')
                .any(|part| matches!(part, "tests" | "benches" | "examples" | "tests.rs")),
            line_starts: line_starts.collect(),
            test_ranges: Vec::new(),
            test_modules: Vec::new(),
            code,
        };
        source.mark_tests();
        source
    }

    /// The line (from 1) of a byte of `code`.
    pub(super) fn line(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at)
    }

    pub(super) fn is_test(&self, at: usize) -> bool {
        self.all_test || self.test_ranges.iter().any(|(from, to)| (*from..=*to).contains(&at))
    }

    /// Every word of the code with its place.
    pub(super) fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        words(&self.code)
    }

    /// What follows a place, blanks left out.
    pub(super) fn after(&self, at: usize) -> &str {
        self.code.get(at..).unwrap_or_default().trim_start()
    }

    /// What stands before a place, blanks left out.
    pub(super) fn before(&self, at: usize) -> &str {
        self.code.get(..at).unwrap_or_default().trim_end()
    }

    /// Paths, without ending, of modules declared as `#[cfg(test)] mod name;`.
    pub(super) fn test_modules(&self) -> impl Iterator<Item = String> + '_ {
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let stem = self.path.rsplit('/').next().and_then(|file| file.strip_suffix(".rs")).unwrap_or_default();
        let folder = match stem {
            "mod" | "lib" | "main" => folder.to_owned(),
            _ => format!("{folder}/{stem}"),
        };
        self.test_modules.iter().map(move |name| format!("{folder}/{name}"))
    }

    pub(super) fn functions(&self) -> Vec<Function> {
        let mut functions = Vec::new();
        let mut words = self.words().peekable();
        while let Some((at, word)) = words.next() {
            let Some((name_at, name)) = words.peek().copied().filter(|_| word == "fn") else { continue };
            // `fn(u8) -> u8` is a type: only blanks may stand between `fn` and the name.
            if !self.code[at + 2..name_at].trim().is_empty() {
                continue;
            }
            if let Some(end) = item_end(&self.code, name_at).filter(|end| self.code.as_bytes()[*end] == b'}')
            {
                let line = self.line(at);
                let lines = self.line(end) - line + 1;
                functions.push(Function { name: name.to_owned(), line, lines, test: self.is_test(at) });
            }
        }
        functions
    }

    fn mark_tests(&mut self) {
        let mut from = 0;
        while let Some(start) = self.code[from..].find("#[").map(|at| from + at) {
            let Some(end) = closing(&self.code, start + 1) else { break };
            from = end + 1;
            if !is_test_attribute(&self.code[start + 2..end]) {
                continue;
            }
            let item = skip_attributes(&self.code, end + 1);
            let Some(item_end) = item_end(&self.code, item) else { continue };
            if let Some(name) = self.code[item..item_end].trim().strip_prefix("mod ").map(str::trim)
                && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            {
                self.test_modules.push(name.to_owned());
            }
            self.test_ranges.push((start, item_end));
            from = item_end + 1;
        }
    }
}

/// `cfg(test)`, `cfg(all(test, …))`, `test`, `tokio::test(…)`.
fn is_test_attribute(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let bare = text.split('(').next().unwrap_or_default();
    if bare == "cfg" {
        return words(&text).any(|(_, word)| word == "test") && !text.contains("not(test");
    }
    bare == "test" || bare.ends_with("::test")
}

fn skip_attributes(code: &str, mut at: usize) -> usize {
    loop {
        let blanks = code[at..].len() - code[at..].trim_start().len();
        at += blanks;
        match code[at..].starts_with("#[").then(|| closing(code, at + 1)).flatten() {
            Some(end) => at = end + 1,
            None => return at,
        }
    }
}

/// The place of the `}` or `;` that ends the item beginning at `at`.
fn item_end(code: &str, at: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (offset, byte) in code.bytes().enumerate().skip(at) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b';' if depth == 0 => return Some(offset),
            b'{' if depth == 0 => return closing(code, offset),
            _ => {}
        }
    }
    None
}

/// The place of the bracket that closes the one at `open`.
fn closing(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (offset, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(offset);
                }
            }
            _ => {}
        }
    }
    None
}

pub(super) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + code[at..].find(part)?;
        let length = code[start..].find(|c| !part(c)).unwrap_or(code.len() - start);
        at = start + length;
        Some((start, &code[start..at]))
    })
}

/// Blanks comments, strings and characters. The result has the same bytes count and the same line breaks.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_end(bytes, at);
        if end > at {
            for byte in &mut out[at..end] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
            at = end;
        } else {
            at += 1;
        }
    }
    // What was cut are whole comments and literals, so the rest is still UTF-8.
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Where the comment or literal that begins at `at` ends; `at` itself when none begins there.
fn literal_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        return at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    }
    if rest.starts_with(b"/*") {
        return at + block_comment_length(rest);
    }
    let in_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    match rest[0] {
        b'"' => at + string_length(rest),
        b'\'' => at + character_length(rest),
        b'r' | b'b' | b'c' if !in_word => {
            let prefix = rest.iter().take_while(|b| matches!(b, b'r' | b'b' | b'c')).count();
            let hashes = rest[prefix..].iter().take_while(|b| **b == b'#').count();
            match rest.get(prefix + hashes) {
                Some(b'"') if rest[..prefix].contains(&b'r') => at + raw_length(rest, prefix, hashes),
                Some(b'"') if hashes == 0 => at + prefix + string_length(&rest[prefix..]),
                Some(b'\'') if prefix == 1 && hashes == 0 => at + prefix + character_length(&rest[prefix..]),
                _ => at,
            }
        }
        _ => at,
    }
}

fn block_comment_length(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

fn string_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

fn raw_length(rest: &[u8], prefix: usize, hashes: usize) -> usize {
    let mut end = vec![b'"'];
    end.resize(1 + hashes, b'#');
    let body = prefix + hashes + 1;
    let found = rest[body..].windows(end.len()).position(|window| window == end);
    found.map_or(rest.len(), |at| body + at + end.len())
}

/// The length of a character literal; 0 for a lifetime.
fn character_length(rest: &[u8]) -> usize {
    if rest.get(1) == Some(&b'\\') {
        return 3 + rest[3.min(rest.len())..].iter().position(|b| *b == b'\'').map_or(0, |at| at + 1);
    }
    let width = match rest.get(1) {
        Some(0xf0..) => 4,
        Some(0xe0..) => 3,
        Some(0xc0..) => 2,
        _ => 1,
    };
    if rest.get(1 + width) == Some(&b'\'') { width + 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_words(text: &str) -> Vec<String> {
        Source::read("a.rs", text).words().map(|(_, word)| word.to_owned()).collect()
    }

    #[test]
    fn comments_and_literals_are_blank_and_code_is_not() {
        assert_eq!(code_words("a // b\nc /* d /* e */ f */ g"), ["a", "c", "g"]);
        assert_eq!(code_words(r##"x "s \" t" r#"u " v"# b"w" br"z" c"q" y"##), ["x", "y"]);
        assert_eq!(code_words("'a' '\\'' '\\n' 'é' b'x' '\"' k"), ["k"]);
        assert_eq!(code_words("fn f<'a>(x: &'a str) {}"), ["fn", "f", "a", "x", "a", "str"]);
        assert_eq!(code_words("'\\u{7f}' k for r in b {}"), ["k", "for", "r", "in", "b"]);
    }

    #[test]
    fn blanking_keeps_places() {
        let text = "a /* ä\n */ b \"ü\n\" c";
        let source = Source::read("a.rs", text);
        assert_eq!(source.code.len(), text.len());
        let places: Vec<_> = source.words().map(|(at, word)| (source.line(at), word)).collect();
        assert_eq!(places, [(1, "a"), (2, "b"), (3, "c")]);
    }

    #[test]
    fn functions_are_measured_and_types_and_declarations_are_not_functions() {
        let text =
            "fn a() -> [u8; 2] {\n  let f: fn(u8) = b;\n  \"}\";\n}\ntrait T { fn c(&self); }\nfn d() {}";
        let functions = Source::read("a.rs", text).functions();
        let seen: Vec<_> = functions.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
        assert_eq!(seen, [("a", 1, 4), ("d", 6, 1)]);
    }

    #[test]
    fn test_code_is_known() {
        let text = "fn a() {}\n#[cfg(test)]\n#[allow(x)]\nmod tests {\n fn b() {}\n}\n#[tokio::test(flavor = \"x\")]\nasync fn c() {}\n#[cfg(not(test))]\nfn d() {}";
        let source = Source::read("crates/x/src/lib.rs", text);
        let seen: Vec<_> = source.functions().into_iter().map(|f| (f.name, f.test)).collect();
        let expected = [("a", false), ("b", true), ("c", true), ("d", false)];
        assert_eq!(seen, expected.map(|(name, test)| (name.to_owned(), test)));
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_is_named() {
        let of = |path| {
            Source::read(path, "#[cfg(test)]\nmod proofs;\nmod real;").test_modules().collect::<Vec<_>>()
        };
        assert_eq!(of("crates/x/src/lib.rs"), ["crates/x/src/proofs"]);
        assert_eq!(of("crates/x/src/leg.rs"), ["crates/x/src/leg/proofs"]);
    }
}
