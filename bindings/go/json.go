package aura

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// A scanner reads JSON that the library has checked. It reads a row in one pass, decodes only what has a
// field, and returns texts without escapes as parts of the row.
type scanner struct {
	text string
	at   int
}

// peek returns the next byte that is not white space, or 0 at the end.
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

// take skips the next byte if it is the wanted one.
func (s *scanner) take(wanted byte) bool {
	if s.peek() != wanted {
		return false
	}
	s.at++
	return true
}

// skipString skips a string. The next byte is its first quote.
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

// skipNested skips an object or a list. The next byte is its first bracket.
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

// value returns the text of the next value, or "" if there is none.
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

// members calls each with every member of an object. It returns false if the text is not an object.
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

// elements calls each with every element of a list. It returns false if the text is not a list.
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

// asString decodes a string. It returns false if the value is not a string.
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

// textOf decodes a string. It returns "" if the value is not a string.
func textOf(value string) string {
	text, _ := asString(value)
	return text
}

// timeForm is the form of a time that the library accepts: RFC 3339 with any separator, and UTC if there is
// no zone. Its groups are the date, hour and minute, the second, its fraction and the zone. time.Parse is
// too strict with separators, and too lenient with numbers.
var timeForm = regexp.MustCompile(`(?s)^(\d{4}-\d\d-\d\d)[[:ascii:]](\d\d:\d\d):(\d\d)(\.\d+)?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?$`)

// timeOf decodes a time. It returns the zero time if the value is not a time.
func timeOf(value string) time.Time {
	part := timeForm.FindStringSubmatch(textOf(value))
	if part == nil {
		return time.Time{}
	}
	date, minute, second, fraction, zone := part[1], part[2], part[3], part[4], strings.ToUpper(part[5])
	if zone == "" {
		zone = "Z"
	}
	isLeapSecond := second == "60"
	if isLeapSecond { // as the nanosecond before it, because Go has no leap seconds
		second, fraction = "59", ".999999999"
	}
	at, err := time.Parse(time.RFC3339, date+"T"+minute+":"+second+fraction+zone)
	if err != nil || isLeapSecond && !startsMonth(at.Add(time.Nanosecond).UTC()) {
		return time.Time{}
	}
	return at.UTC()
}

func startsMonth(at time.Time) bool { return at.Day() == 1 && at.Hour() == 0 && at.Minute() == 0 }

// mapOf decodes the texts of an object. It returns nil if the value is not an object.
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

// listOf decodes the objects of a list. It returns nil if the value is not a list.
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

// extraOf returns the unknown members of an object.
func extraOf(text string, isKnown func(name string) bool) map[string]json.RawMessage {
	extra := map[string]json.RawMessage{}
	members(text, func(name, value string) {
		if !isKnown(name) {
			extra[name] = json.RawMessage(value)
		}
	})
	return extra
}
