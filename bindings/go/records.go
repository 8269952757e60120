//go:build cgo

package aura

import (
	"encoding/json"
	"time"
)

// A User is the record of an account. The server sends each caller the fields that the caller may see.
// A field is empty if the server does not send it or sends null. RawJSON shows the difference.
type User struct {
	// Username is the name. It is unique on the server, and in lower case.
	Username string
	// FullName is the name of the person.
	FullName string
	// Email is the public e-mail address.
	Email string
	// Handles are links to the person's other accounts, by display name.
	Handles map[string]string
	// URL is the URL of this record in the API.
	URL string
	// InsertedAt is the time when the account was created, in UTC.
	InsertedAt time.Time
	// UpdatedAt is the time of the last change, in UTC.
	UpdatedAt time.Time
	// Packages are the packages that the user owns and the caller may see.
	Packages []Package
	// OwnedPackages are the URLs of the packages by name. The server deprecates it.
	OwnedPackages map[string]string
	// Organizations are the organizations of the current user. Other records have none.
	Organizations []Organization

	json string
}

// A Package is a package that a user owns.
type Package struct {
	// Name is the name. It is unique in the repository.
	Name string
	// Repository is hexpm, or the repository of an organization.
	Repository string
	// URL is the URL of the package in the API, and HTMLURL is its web page.
	URL, HTMLURL string
}

// An Organization is an organization of the current user.
type Organization struct {
	// Name is the name of the organization.
	Name string
	// Role is the role of the user: admin, write or read on hex.pm.
	Role string
}

// RawJSON returns the JSON that the server sent, byte for byte.
func (u User) RawJSON() string { return u.json }

// MarshalJSON returns RawJSON, or null for the zero User.
func (u User) MarshalJSON() ([]byte, error) { return rawOrNull(u.json), nil }

// UnmarshalJSON reads the JSON of a user. It ignores null.
func (u *User) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	read, err := userOf(string(text), nil)
	if err == nil {
		*u = *read
	}
	return err
}

// Extra returns the members of the JSON that have no field.
func (u User) Extra() map[string]json.RawMessage {
	var other User
	return extraOf(u.json, func(name string) bool { return other.set(name, "null") })
}

// set sets the field of a member. It returns false if there is no such field.
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

// An AuditLog is one row of an audit log.
type AuditLog struct {
	// Action is the action, such as key.generate or release.publish.
	Action string
	// UserAgent is the User-Agent of the program, shortened by the server. It is empty if the server
	// recorded none.
	UserAgent string
	// Params are the details, or nil. Their structure depends on the action.
	Params json.RawMessage
	// InsertedAt is the time of the action, in UTC. Servers do not send it yet.
	InsertedAt time.Time

	json string
}

// RawJSON returns the JSON that the server sent, byte for byte.
func (l AuditLog) RawJSON() string { return l.json }

// MarshalJSON returns RawJSON, or null for the zero AuditLog.
func (l AuditLog) MarshalJSON() ([]byte, error) { return rawOrNull(l.json), nil }

// UnmarshalJSON reads the JSON of a row. It ignores null.
func (l *AuditLog) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	read, err := auditLogOf(string(text))
	if err == nil {
		*l = read
	}
	return err
}

// Extra returns the members of the JSON that have no field.
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
	user := &User{json: text}
	if !members(text, func(name, value string) { user.set(name, value) }) {
		return nil, notAn("user", "object")
	}
	return user, nil
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
