# Two commands matter: `make run` and `make test`. Everything else is `cargo xtask` (try `cargo xtask help`).
.PHONY: run test check long bench

run:
	@.ci/prerequisites run
	cargo xtask console
	cargo run --bin tandem -- demo

# What CI runs.
test:
	@.ci/prerequisites test
	cargo xtask test

# The quick part of `test`: format, house rules, lints, drift of generated documents.
check:
	@.ci/prerequisites run
	cargo xtask check

# Every test at its full counts; writes docs/long-run.md.
long:
	@.ci/prerequisites test
	cargo xtask long

bench:
	@.ci/prerequisites run
	cargo xtask bench
