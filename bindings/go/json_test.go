package aura

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
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

// times has texts of times, and the zero time for texts that are no times.
var times = func() map[string]time.Time {
	at := time.Date(2014, 4, 21, 12, 0, 5, 123456000, time.UTC)
	second := at.Truncate(time.Second)
	return map[string]time.Time{
		"2014-04-21T12:00:05.123456Z":        at,
		"2014-04-21T14:00:05.123456+02:00":   at,
		"2014-04-21T11:30:05.123456-00:30":   at,
		"2014-04-21T12:00:05.123456":         at,
		"2014-04-21T12:00:05.1234560009999Z": at,
		"2014-04-21T12:00:05Z":               second,
		"2014-04-21T12:00:05-00:00":          second,
		"2014-04-21 12:00:05Z":               second,
		"2014-04-21 12:00:05":                second,
		"2014-04-21t12:00:05z":               second,
		"2014-04-21_12:00:05z":               second,
		"2014-04-21\n12:00:05z":              second,
		"2014-04-22T11:59:05+23:59":          second,
		"2012-02-29T00:00:00Z":               time.Date(2012, 2, 29, 0, 0, 0, 0, time.UTC),
		"0000-01-01T00:00:00Z":               time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC),
		"9999-12-31T23:59:59Z":               time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		// A leap second is the last nanosecond before it, at the end of a month in UTC.
		"2016-12-31T23:59:60Z":      time.Date(2016, 12, 31, 23, 59, 59, 999999999, time.UTC),
		"2016-12-31T23:59:60.5":     time.Date(2016, 12, 31, 23, 59, 59, 999999999, time.UTC),
		"2017-01-01T00:59:60+01:00": time.Date(2016, 12, 31, 23, 59, 59, 999999999, time.UTC),
		"2014-04-21T23:59:60Z":      {},
		"2014-04-21T12:00:60Z":      {},
		"2016-12-31T23:59:60+01:00": {},

		"":                             {},
		"yesterday":                    {},
		"2014-04-21":                   {},
		"2014-04-21T12:00Z":            {},
		"2014-04-21T2:00:05Z":          {},
		"2014-04-21T24:00:00Z":         {},
		"2014-04-21T12:00:61Z":         {},
		"2014-02-29T12:00:05Z":         {},
		"2014-13-01T12:00:05Z":         {},
		"2014-04-21T12:00:05,5Z":       {},
		"2014-04-21T12:00:05.Z":        {},
		"2014-04-21T12:00:05+24:00":    {},
		"2014-04-21T12:00:05+02:60":    {},
		"2014-04-21T12:00:05+02":       {},
		"2014-04-21T12:00:05ZZ":        {},
		"2014-04-21T12:00:05Z ":        {},
		" 2014-04-21T12:00:05Z":        {},
		"2014-04-21  12:00:05Z":        {},
		"2014-04-21\u00e912:00:05Z":    {},
		"12014-04-21T12:00:05Z":        {},
		"\u0662014-04-21T12:00:05Z":    {},
		"2014-04-21T12:00:05Z\n":       {},
		"2014-04-21T12:00:05 +02:00":   {},
		"2014-04-21T12:00:05.1+02:00Z": {},
	}
}()

func TestTimes(t *testing.T) {
	for text, wanted := range times {
		value, _ := json.Marshal(text)
		if got := timeOf(string(value)); !got.Equal(wanted) || got.Location() != time.UTC {
			t.Errorf("%s is %v, not %v", value, got, wanted)
		}
	}
	for _, value := range []string{"null", "1398081605", "true", "{}", "[]"} {
		if got := timeOf(value); !got.IsZero() {
			t.Errorf("%s is %v", value, got)
		}
	}
}

// The library refuses the record of a user with a time that it cannot read.
func TestTimesAreThoseOfTheLibrary(t *testing.T) {
	var reply atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, reply.Load().(string))
	}))
	defer server.Close()
	client, err := NewClient(WithEnv(false), WithRepoURL(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for text, wanted := range times {
		value, _ := json.Marshal(text)
		reply.Store(`{"username": "eric", "inserted_at": ` + string(value) + `}`)
		user, err := client.GetUser(context.Background(), "eric")
		if wanted.IsZero() {
			if !errors.Is(err, ErrDecode) {
				t.Errorf("%s: %v %v", value, user, err)
			}
		} else if err != nil || !user.InsertedAt.Equal(wanted) {
			t.Errorf("%s: %v, not %v, %v", value, user, wanted, err)
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
