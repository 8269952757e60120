module github.com/aura-users/aura-users/bindings/go

go 1.23
