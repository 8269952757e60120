package aura_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	aura "github.com/aura-users/aura-users/bindings/go"
)

func Example() {
	client, err := aura.NewClient(aura.WithAPIKey(os.Getenv("HEX_API_KEY")))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	user, err := client.GetUser(context.Background(), "ericmj")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(user.FullName)
}

// A deadline of the context ends the call, and so does its cancellation.
func ExampleClient_GetUser() {
	var client *aura.Client // of aura.NewClient
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err := client.GetUser(ctx, "nobody")
	switch {
	case errors.Is(err, aura.ErrNotFound):
		fmt.Println("nobody is not there")
	case errors.Is(err, context.DeadlineExceeded):
		fmt.Println("the server takes too long")
	}
}

// After an error, another loop continues the stream.
func ExampleAuditLogs_All() {
	var client *aura.Client // of aura.NewClient
	logs, err := client.StreamAuditLogs(aura.WithPrefetch(8))
	if err != nil {
		log.Fatal(err)
	}
	defer logs.Close()
	for isOver := false; !isOver; {
		isOver = true
		for entry, err := range logs.All(context.Background()) {
			var failure *aura.Error
			if errors.As(err, &failure) && failure.Retryable {
				time.Sleep(failure.RetryAfter)
				isOver = false
			} else if err != nil {
				log.Fatal(err)
			} else {
				fmt.Println(entry.Action, string(entry.Params))
			}
		}
	}
}

func ExampleError() {
	var client *aura.Client // of aura.NewClient
	_, err := client.CreateUser(context.Background(), "ericmj", "a long password", []string{"eric@example.com"})
	var failure *aura.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Kind, failure.Fields, failure.OutcomeUnknown)
	}
}

func ExampleSetLogger() {
	handler := slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})
	if err := aura.SetLogger(slog.New(handler)); err != nil {
		log.Fatal(err)
	}
}
