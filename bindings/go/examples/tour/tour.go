// Command tour shows the five functions.
//
//	TOUR_PASSWORD=... go run ./examples/tour REPO_URL USERNAME EMAIL
//
// It creates an account that it does not delete. Try it on a server of your own, such as aura-sandbox.
package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	aura "github.com/aura-users/aura-users/bindings/go"
)

func main() {
	password, isSet := os.LookupEnv("TOUR_PASSWORD")
	if len(os.Args) != 4 || !isSet {
		fmt.Fprintln(os.Stderr, "usage: TOUR_PASSWORD=... tour REPO_URL USERNAME EMAIL")
		os.Exit(1)
	}
	if err := tour(context.Background(), os.Args[1], os.Args[2], password, os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "tour:", err)
		os.Exit(1)
	}
}

func tour(ctx context.Context, repoURL, username, password, email string) error {
	client, err := aura.NewClient(aura.WithRepoURL(repoURL))
	if err != nil {
		return err
	}
	defer client.Close()
	if err := makeAccount(ctx, client, username, password, email); err != nil {
		return err
	}

	// From here on as the account itself.
	client = client.With(aura.WithAPIKey(askForKey(email)))
	user, err := client.GetCurrentUser(ctx)
	if err != nil {
		return err
	}
	fmt.Println("get_current_user:", user.RawJSON())
	if err := resetPassword(ctx, client, username); err != nil {
		return err
	}
	return readAuditLog(ctx, client)
}

func makeAccount(ctx context.Context, client *aura.Client, username, password, email string) error {
	user, err := client.CreateUser(ctx, username, password, []string{email})
	if err != nil {
		return err
	}
	fmt.Println("create_user:", user.RawJSON())

	user, err = client.GetUser(ctx, username)
	if err != nil {
		return err
	}
	fmt.Println("get_user:", user.RawJSON())

	// The name is taken now: the server refuses a second account, and says why.
	_, err = client.CreateUser(ctx, username, password, []string{email})
	if errors.Is(err, aura.ErrValidation) {
		fmt.Println("create_user again:", err)
		return nil
	}
	return err
}

// askForKey reads a line; what a person does on the server's web site comes before it.
func askForKey(email string) string {
	fmt.Printf("Follow the link in the mail to %s, make an API key, and paste it here: ", email)
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	fmt.Println()
	return strings.TrimSpace(line)
}

func resetPassword(ctx context.Context, client *aura.Client, username string) error {
	err := client.ResetUserPassword(ctx, username)
	if errors.Is(err, aura.ErrUnsupported) {
		fmt.Println("reset_user_password:", err)
		return nil
	}
	if err == nil {
		fmt.Println("reset_user_password: a mail is on its way")
	}
	return err
}

func readAuditLog(ctx context.Context, client *aura.Client) error {
	logs, err := client.StreamAuditLogs()
	if err != nil {
		return err
	}
	defer logs.Close()
	total, counts := 0, map[string]int{}
	for log, err := range logs.All(ctx) {
		if err != nil {
			return err
		}
		total++
		counts[log.Action]++
	}
	fmt.Printf("stream_audit_logs: %d rows\n", total)
	actions := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(a, b))
	})
	for _, action := range actions {
		fmt.Printf("%6d %s\n", counts[action], action)
	}
	return nil
}
