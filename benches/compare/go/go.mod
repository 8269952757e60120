module compare

go 1.23

require github.com/aura-users/aura-users/bindings/go v0.1.0

replace github.com/aura-users/aura-users/bindings/go => ../../../bindings/go
