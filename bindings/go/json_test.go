package aura

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// FuzzMembers compares with encoding/json. On text that is no JSON it only must not fail badly.
func FuzzMembers(f *testing.F) {
	for _, text := range []string{
		`{}`, ` { "a" : 1 , "b":[1,{"c":"]}"}],"d":"\"\\","e\n":null} `, `{"a":1,"a":2}`, `[]`, `{"a"`, `{"a":"\`, `{"a":}`,
		`{"a":1]`, `{,}`, `{"é":"\u00e9\ud83d\ude00"}`, `{"a":-1.5e+9,"b":true}`, "{\"a\":[\t[ ] , { } ]\r\n}", `{"a":1 2}`, "{\"\xff\":\"\xff\"}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found := map[string]any{}
		isObject := members(text, func(name, value string) {
			var decoded any
			if json.Unmarshal([]byte(value), &decoded) == nil {
				found[name] = decoded
			}
		})
		var wanted map[string]any
		if json.Unmarshal([]byte(text), &wanted) != nil || wanted == nil {
			return
		}
		if !isObject || !reflect.DeepEqual(found, wanted) {
			t.Errorf("%s: %v, not %v", text, found, wanted)
		}
	})
}

func FuzzElements(f *testing.F) {
	for _, text := range []string{`[]`, ` [ ] `, `[1,"a",[{"b":[]}], {} ,null]`, `{}`, `[`, `[1`, `[,]`, `["`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found := []any{}
		isList := elements(text, func(value string) {
			var decoded any
			_ = json.Unmarshal([]byte(value), &decoded)
			found = append(found, decoded)
		})
		var wanted []any
		if json.Unmarshal([]byte(text), &wanted) != nil || wanted == nil {
			return
		}
		if !isList || !reflect.DeepEqual(found, wanted) {
			t.Errorf("%s: %v, not %v", text, found, wanted)
		}
	})
}

func TestTimes(t *testing.T) {
	at := time.Date(2014, 4, 21, 12, 0, 5, 123456000, time.UTC)
	for text, wanted := range map[string]time.Time{
		`"2014-04-21T12:00:05.123456Z"`:      at,
		`"2014-04-21T14:00:05.123456+02:00"`: at,
		`"2014-04-21T12:00:05.123456"`:       at,
		`"2014-04-21T12:00:05Z"`:             at.Truncate(time.Second),
		`"yesterday"`:                        {},
		`null`:                               {},
		`1398081605`:                         {},
	} {
		if got := timeOf(text); !got.Equal(wanted) || got.Location() != time.UTC {
			t.Errorf("%s is %v", text, got)
		}
	}
}

func TestARecordIsWrittenByValueAsTheServersJSON(t *testing.T) {
	const text = `{"username":"eric","new":[1]}`
	var user User
	var log AuditLog
	for _, record := range []json.Unmarshaler{&user, &log} {
		if err := json.Unmarshal([]byte(text), record); err != nil {
			t.Fatal(err)
		}
	}
	failure := *errorOf(text)
	for _, value := range []any{
		user, &user, []User{user}, map[string]User{"a": user}, struct{ A any }{user}, struct{ A User }{user},
		log, &log, []AuditLog{log}, map[string]AuditLog{"a": log}, struct{ A AuditLog }{log},
		failure, &failure, []Error{failure}, map[string]Error{"a": failure}, struct{ A Error }{failure},
	} {
		written, err := json.Marshal(value)
		if err != nil || !strings.Contains(string(written), text) {
			t.Errorf("%T: %s %v", value, written, err)
		}
	}
}

func TestZeroRecordsSurviveJSON(t *testing.T) {
	type records struct {
		User  User
		Log   AuditLog
		Users []User
		Logs  map[string]AuditLog
	}
	written, err := json.Marshal(records{Users: []User{{}}, Logs: map[string]AuditLog{"a": {}}})
	if err != nil || strings.Count(string(written), "null") != 4 {
		t.Fatalf("%s %v", written, err)
	}
	var again records
	if err := json.Unmarshal(written, &again); err != nil {
		t.Error(err)
	}
	if !reflect.DeepEqual(again, records{Users: []User{{}}, Logs: map[string]AuditLog{"a": {}}}) {
		t.Errorf("%+v", again)
	}
	// null leaves a record as it is.
	user, log := User{Username: "eric"}, AuditLog{Action: "a"}
	for _, record := range []json.Unmarshaler{&user, &log} {
		if err := record.UnmarshalJSON([]byte("null")); err != nil {
			t.Error(err)
		}
	}
	if user.Username != "eric" || log.Action != "a" {
		t.Errorf("%+v %+v", user, log)
	}
	for _, text := range []string{`[]`, `"null"`, `1`} {
		for _, record := range []any{&user, &log} {
			if err := json.Unmarshal([]byte(text), record); !errors.Is(err, ErrDecode) {
				t.Errorf("%T from %s: %v", record, text, err)
			}
		}
	}
	// A call must return a record.
	if user, err := userOf("null", nil); !errors.Is(err, ErrDecode) || user != nil {
		t.Errorf("%+v %v", user, err)
	}
	if _, err := auditLogOf("null"); !errors.Is(err, ErrDecode) {
		t.Error(err)
	}
}
