// The peer in Go: net/http and encoding/json, as a program would use them.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"compare/bench"
)

type user struct {
	Username      string            `json:"username"`
	FullName      string            `json:"full_name"`
	Email         string            `json:"email"`
	Handles       map[string]string `json:"handles"`
	URL           string            `json:"url"`
	InsertedAt    time.Time         `json:"inserted_at"`
	UpdatedAt     time.Time         `json:"updated_at"`
	OwnedPackages map[string]string `json:"owned_packages"`
	Packages      []struct {
		Name       string `json:"name"`
		Repository string `json:"repository"`
		URL        string `json:"url"`
		HTMLURL    string `json:"html_url"`
	} `json:"packages"`
}

type row struct {
	Action    string          `json:"action"`
	UserAgent string          `json:"user_agent"`
	Params    json.RawMessage `json:"params"`
}

func get(url string, into any) error {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "key")
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", reply.Status)
	}
	return json.NewDecoder(reply.Body).Decode(into)
}

func main() {
	arguments := bench.Read()
	arguments.Measure(map[string]func(*bench.Seen) error{
		"user": func(seen *bench.Seen) error {
			var one user
			err := get(arguments.URL+"/users/orguser", &one)
			seen.Checksum += len(one.Username)
			return err
		},
		"stream": func(seen *bench.Seen) error {
			for page := 1; ; page++ {
				var rows []row
				if err := get(fmt.Sprintf("%s/users/me/audit-logs?page=%d", arguments.URL, page), &rows); err != nil {
					return err
				}
				if len(rows) == 0 {
					return nil
				}
				for _, row := range rows {
					seen.Checksum += len(row.Action)
				}
				seen.Rows += len(rows)
			}
		},
	})
}
