package aura_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	aura "github.com/aura-users/aura-users/bindings/go"
)

func TestNoFormatPrintsTheValueOfAnOption(t *testing.T) {
	const secret = "s3cr3t"
	client := newClient(t, aura.WithEnv(false), aura.WithAPIKey(secret))
	for _, option := range []aura.CallOption{
		aura.WithAPIKey(secret), aura.WithOTP(secret), aura.WithProxy("http://user:" + secret + "@proxy"),
		aura.WithUserAgent(secret), aura.WithOption("api_kye", secret),
	} {
		with := client.With(option)
		for _, value := range []any{
			option, &option, []aura.CallOption{option}, []aura.ClientOption{option}, map[string]any{"a": option},
			struct{ Option aura.CallOption }{option}, with, *with, []*aura.Client{with},
			// fmt calls no method of a private field.
			struct{ option aura.ClientOption }{option}, struct{ options []aura.CallOption }{[]aura.CallOption{option}},
			struct{ client aura.Client }{*with},
		} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
				text := fmt.Sprintf(verb, value)
				if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
					t.Errorf("%s of %T prints %s", verb, value, text)
				}
			}
			var logged bytes.Buffer
			slog.New(slog.NewTextHandler(&logged, nil)).Info("a", "value", value)
			slog.New(slog.NewJSONHandler(&logged, nil)).Info("a", "value", value)
			if strings.Contains(logged.String(), secret) {
				t.Errorf("slog prints %s", logged.String())
			}
			if text, _ := json.Marshal(value); strings.Contains(string(text), secret) {
				t.Errorf("JSON of %T is %s", value, text)
			}
		}
	}
}

func TestAnOptionPrintsItsName(t *testing.T) {
	for name, option := range map[string]aura.ClientOption{
		"timeout": aura.WithTimeout(time.Second), "env": aura.WithEnv(false), "time_out": aura.WithOption("time_out", "1"),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(verb, option); text != name+"=***" {
				t.Errorf("%s prints %s", verb, text)
			}
		}
	}
}

func TestOptionsCanBeCompared(t *testing.T) {
	if !reflect.DeepEqual(aura.WithTimeout(time.Second), aura.WithOption("timeout", "1")) {
		t.Error("options with the same value differ")
	}
	if reflect.DeepEqual(aura.WithTimeout(time.Second), aura.WithTimeout(time.Minute)) {
		t.Error("options with different values are equal")
	}
}
