module heliast.dev/peers/re2

go 1.22
