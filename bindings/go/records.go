package aura

import (
	"encoding/json"
	"time"
)

// A User is an account, as the server describes it to the caller. A field is empty if the server
// does not send it or sends null; RawJSON tells which.
type User struct {
	// Username is the name, unique on the server, in lower case.
	Username string
	// FullName is the person's name, if they gave one.
	FullName string
	// Email is the public e-mail address, if there is one.
	Email string
	// Handles are the person's other accounts, links by display name.
	Handles map[string]string
	// URL is where the API has this record.
	URL string
	// InsertedAt is when the account was made, in UTC.
	InsertedAt time.Time
	// UpdatedAt is when the account was last changed, in UTC.
	UpdatedAt time.Time
	// Packages are those that the user owns and the caller may see.
	Packages []Package
	// OwnedPackages are the packages' URLs by name. The server calls them deprecated.
	OwnedPackages map[string]string
	// Organizations has only the current user's record.
	Organizations []Organization

	json string
}

// A Package is one that a user owns.
type Package struct {
	// Name is unique in the repository.
	Name string
	// Repository is hexpm, or that of an organization.
	Repository string
	// URL is where the API has the package, HTMLURL where a person reads about it.
	URL, HTMLURL string
}

// An Organization is one that the user is a member of.
type Organization struct {
	// Name is the organization's name.
	Name string
	// Role is admin, write or read on hex.pm.
	Role string
}

// RawJSON is the server's own text.
func (u *User) RawJSON() string { return u.json }

// MarshalJSON gives what RawJSON gives; a User that no server sent is null.
func (u *User) MarshalJSON() ([]byte, error) { return rawOrNull(u.json), nil }

// UnmarshalJSON reads a record again.
func (u *User) UnmarshalJSON(text []byte) error {
	read := User{json: string(text)}
	if !members(read.json, func(name, value string) { read.set(name, value) }) {
		return notAn("user", "object")
	}
	*u = read
	return nil
}

// Extra returns the members that have no field here.
func (u *User) Extra() map[string]json.RawMessage {
	var other User
	return extraOf(u.json, func(name string) bool { return other.set(name, "null") })
}

// set takes a member of the record; false if it has no field.
func (u *User) set(name, value string) bool {
	switch name {
	case "username":
		u.Username = textOf(value)
	case "full_name":
		u.FullName = textOf(value)
	case "email":
		u.Email = textOf(value)
	case "handles":
		u.Handles = mapOf(value)
	case "url":
		u.URL = textOf(value)
	case "inserted_at":
		u.InsertedAt = timeOf(value)
	case "updated_at":
		u.UpdatedAt = timeOf(value)
	case "packages":
		u.Packages = listOf(value, (*Package).set)
	case "owned_packages":
		u.OwnedPackages = mapOf(value)
	case "organizations":
		u.Organizations = listOf(value, (*Organization).set)
	default:
		return false
	}
	return true
}

func (p *Package) set(name, value string) {
	switch name {
	case "name":
		p.Name = textOf(value)
	case "repository":
		p.Repository = textOf(value)
	case "url":
		p.URL = textOf(value)
	case "html_url":
		p.HTMLURL = textOf(value)
	}
}

func (o *Organization) set(name, value string) {
	switch name {
	case "name":
		o.Name = textOf(value)
	case "role":
		o.Role = textOf(value)
	}
}

// An AuditLog is one row: something that was done with the caller's account.
type AuditLog struct {
	// Action is what was done: key.generate, release.publish and the like.
	Action string
	// UserAgent is the program that did it, cut by the server; empty if it recorded none.
	UserAgent string
	// Params are the details, nil if there are none. Their shape follows the action.
	Params json.RawMessage
	// InsertedAt is when it was done, in UTC. Today's servers do not send it.
	InsertedAt time.Time

	json string
}

// RawJSON is the server's own text.
func (l AuditLog) RawJSON() string { return l.json }

// MarshalJSON gives what RawJSON gives; an AuditLog that no server sent is null.
func (l AuditLog) MarshalJSON() ([]byte, error) { return rawOrNull(l.json), nil }

// UnmarshalJSON reads a row again.
func (l *AuditLog) UnmarshalJSON(text []byte) error {
	read, err := auditLogOf(string(text))
	if err == nil {
		*l = read
	}
	return err
}

// Extra returns the members that have no field here.
func (l AuditLog) Extra() map[string]json.RawMessage {
	var other AuditLog
	return extraOf(l.json, func(name string) bool { return other.set(name, "null") })
}

func (l *AuditLog) set(name, value string) bool {
	switch name {
	case "action":
		l.Action = textOf(value)
	case "user_agent":
		l.UserAgent = textOf(value)
	case "params":
		l.Params = nil
		if value != "null" {
			l.Params = json.RawMessage(value)
		}
	case "inserted_at":
		l.InsertedAt = timeOf(value)
	default:
		return false
	}
	return true
}

func userOf(text string, err error) (*User, error) {
	if err != nil {
		return nil, err
	}
	user := new(User)
	return user, user.UnmarshalJSON([]byte(text))
}

func auditLogOf(text string) (AuditLog, error) {
	log := AuditLog{json: text}
	if !members(text, func(name, value string) { log.set(name, value) }) {
		return AuditLog{}, notAn("row", "object")
	}
	return log, nil
}

func auditLogsOf(text string) ([]AuditLog, error) {
	var logs []AuditLog
	var failed error
	isList := elements(text, func(value string) {
		log, err := auditLogOf(value)
		if err != nil {
			failed = err
		}
		logs = append(logs, log)
	})
	if !isList {
		return nil, notAn("page", "list")
	}
	return logs, failed
}

func notAn(what, wanted string) error {
	return newError(ErrDecode, "the "+what+" is not a JSON "+wanted)
}

func rawOrNull(text string) []byte {
	if text == "" {
		return []byte("null")
	}
	return []byte(text)
}
