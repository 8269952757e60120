// Ours in Go.
package main

import (
	"context"

	aura "github.com/aura-users/aura-users/bindings/go"

	"compare/bench"
)

func main() {
	arguments := bench.Read()
	options := []aura.ClientOption{aura.WithRepoURL(arguments.URL), aura.WithAPIKey("key"), aura.WithEnv(false)}
	for i := 0; i+1 < len(arguments.Options); i += 2 {
		options = append(options, aura.WithOption(arguments.Options[i], arguments.Options[i+1]))
	}
	client, err := aura.NewClient(options...)
	bench.Fail(err)
	ctx := context.Background()
	arguments.Measure(map[string]func(*bench.Seen) error{
		"user": func(seen *bench.Seen) error {
			user, err := client.GetUser(ctx, "orguser")
			if err != nil {
				return err
			}
			seen.Checksum += len(user.Username)
			return nil
		},
		"stream": func(seen *bench.Seen) error {
			logs, err := client.StreamAuditLogs()
			if err != nil {
				return err
			}
			defer logs.Close()
			for log, err := range logs.All(ctx) {
				if err != nil {
					return err
				}
				seen.Checksum += len(log.Action)
				seen.Rows++
			}
			return nil
		},
	})
}
