package aura

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"
)

// A scanner looks through JSON that the library has checked. It does not decode what nobody asked for:
// a row is read in one pass, and texts without escapes are parts of it.
type scanner struct {
	text string
	at   int
}

// peek gives the next byte that is no space, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
		default:
			return s.text[s.at]
		}
	}
	return 0
}

// take goes past the next byte if it is this one.
func (s *scanner) take(wanted byte) bool {
	if s.peek() != wanted {
		return false
	}
	s.at++
	return true
}

// skipString goes past a string, of which the first quote comes next.
func (s *scanner) skipString() {
	for s.at++; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '\\':
			s.at++
		case '"':
			s.at++
			return
		}
	}
}

// skipNested goes past an object or a list, of which the first brace comes next.
func (s *scanner) skipNested() {
	for depth := 0; s.at < len(s.text); {
		switch s.text[s.at] {
		case '"':
			s.skipString()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.at++
		if depth == 0 {
			return
		}
	}
}

// value gives the next value as it stands there, "" if there is none.
func (s *scanner) value() string {
	first, begin := s.peek(), s.at
	switch first {
	case '"':
		s.skipString()
	case '{', '[':
		s.skipNested()
	default:
		if length := strings.IndexAny(s.text[s.at:], ",]} \t\r\n"); length >= 0 {
			s.at += length
		} else {
			s.at = len(s.text)
		}
	}
	return s.text[begin:min(s.at, len(s.text))]
}

// members calls each with the members of an object, and returns false if the text is none.
func members(text string, each func(name, value string)) bool {
	s := scanner{text: text}
	if !s.take('{') {
		return false
	}
	for !s.take('}') {
		if s.peek() != '"' {
			return false
		}
		name, ok := asString(s.value())
		if !ok || !s.take(':') {
			return false
		}
		value := s.value()
		if value == "" {
			return false
		}
		each(name, value)
		if !s.take(',') && s.peek() != '}' {
			return false
		}
	}
	return true
}

// elements calls each with the elements of a list, and returns false if the text is none.
func elements(text string, each func(value string)) bool {
	s := scanner{text: text}
	if !s.take('[') {
		return false
	}
	for !s.take(']') {
		value := s.value()
		if value == "" {
			return false
		}
		each(value)
		if !s.take(',') && s.peek() != ']' {
			return false
		}
	}
	return true
}

// asString decodes a string; false if the value is none.
func asString(value string) (string, bool) {
	if len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return "", false
	}
	if strings.IndexByte(value, '\\') < 0 && utf8.ValidString(value) {
		return value[1 : len(value)-1], true
	}
	var decoded string
	return decoded, json.Unmarshal([]byte(value), &decoded) == nil
}

// textOf decodes a string; "" if the value is none.
func textOf(value string) string {
	text, _ := asString(value)
	return text
}

// timeOf decodes a time; zero if the value is none. A time without a zone is UTC.
func timeOf(value string) time.Time {
	text := textOf(value)
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if at, err := time.Parse(form, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// mapOf decodes the texts of an object; nil if the value is none.
func mapOf(value string) map[string]string {
	texts := map[string]string{}
	isObject := members(value, func(name, value string) {
		if text, ok := asString(value); ok {
			texts[name] = text
		}
	})
	if !isObject {
		return nil
	}
	return texts
}

// listOf decodes the objects of a list; nil if the value is none.
func listOf[T any](value string, set func(item *T, name, value string)) []T {
	items := []T{}
	isList := elements(value, func(value string) {
		var item T
		if members(value, func(name, value string) { set(&item, name, value) }) {
			items = append(items, item)
		}
	})
	if !isList {
		return nil
	}
	return items
}

// extraOf gives the members for which set has no place.
func extraOf(text string, isKnown func(name string) bool) map[string]json.RawMessage {
	extra := map[string]json.RawMessage{}
	members(text, func(name, value string) {
		if !isKnown(name) {
			extra[name] = json.RawMessage(value)
		}
	})
	return extra
}
