// Asks RE2's grammar, in its Go edition, about expressions and values.
//
// Each line that comes in is {"expression": "..", "values": ["..", ..]}, all in hexadecimal; each line that goes
// out is {"valid": bool, "latin1": [bool, ..], "utf8": [bool or null, ..]}, in the same order. An
// expression counts as valid if it is in both readings of its own bytes. Go replaces bytes that are
// no UTF-8 where RE2 finds no match, so such values have null for UTF-8.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"log"
	"os"
	"regexp"
	"unicode/utf8"
)

type question struct {
	Expression string   `json:"expression"`
	Values     []string `json:"values"`
}

type answer struct {
	Valid  bool    `json:"valid"`
	Latin1 []bool  `json:"latin1,omitempty"`
	Utf8   []*bool `json:"utf8,omitempty"`
}

// latin1 is the text in which each byte is a character.
func latin1(bytes []byte) string {
	characters := make([]rune, len(bytes))
	for i, b := range bytes {
		characters[i] = rune(b)
	}
	return string(characters)
}

// whole is the expression that matches a whole value. It is read alone first: an unbalanced bracket
// must not close what is put around it.
func whole(text string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(text); err != nil {
		return nil, err
	}
	// In a line of its own \Q without \E would quote what follows.
	if compiled, err := regexp.Compile(`\A(?:` + text + `)\z`); err == nil {
		return compiled, nil
	}
	return regexp.Compile(`\A(?:` + text + `\E)\z`)
}

func ask(q question) (answer, error) {
	expression, err := hex.DecodeString(q.Expression)
	if err != nil {
		return answer{}, err
	}
	inLatin1, err := whole(latin1(expression))
	if err != nil {
		return answer{}, nil
	}
	inUtf8, err := whole(string(expression))
	if err != nil {
		return answer{}, nil
	}
	a := answer{Valid: true}
	for _, value := range q.Values {
		bytes, err := hex.DecodeString(value)
		if err != nil {
			return answer{}, err
		}
		a.Latin1 = append(a.Latin1, inLatin1.MatchString(latin1(bytes)))
		var matches *bool
		if utf8.Valid(bytes) {
			found := inUtf8.Match(bytes)
			matches = &found
		}
		a.Utf8 = append(a.Utf8, matches)
	}
	return a, nil
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	encode := json.NewEncoder(out)
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			log.Fatal(err)
		}
		a, err := ask(q)
		if err != nil {
			log.Fatal(err)
		}
		if err := encode.Encode(a); err != nil {
			log.Fatal(err)
		}
	}
	if err := in.Err(); err != nil {
		log.Fatal(err)
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
}
