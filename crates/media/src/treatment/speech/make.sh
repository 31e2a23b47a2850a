#!/bin/sh
# Makes the spoken clips again: needs espeak-ng and sox.
set -eu
cd "$(dirname "$0")"
say() {
    espeak-ng -v en-us -s 150 -p 45 --stdout "$2" | sox -t wav - -r 16000 -c 1 -t wav - silence 1 0.01 0.3% reverse silence 1 0.01 0.3% reverse norm -6 pad 0.02 0.06 |
        sox -t wav - -t raw -e mu-law -r 16000 -c 1 "$1.ul"
}
n=0
for word in zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen; do
    say "$n" "$word"
    n=$((n + 1))
done
say 20 twenty
say 30 thirty
say 40 forty
say 50 fifty
say 60 sixty
say 70 seventy
say 80 eighty
say 90 ninety
say position "You are number"
say in_line "in line."
say wait "The estimated wait is about"
say minute "minute."
say minutes "minutes."
say long_wait "The estimated wait is more than one hour."
say callback "We will call you back, and you keep your place in line. Your number is"
say not_valid "Sorry, that is not one of the choices."
say closed "Thank you for calling. We are closed now. Please call again during our business hours."
