package Aura::Users::Library;

# Finds the C library: AURA_USERS_LIBRARY, then the folder of this package, then the system's.

use v5.36;

use Carp               qw(croak);
use FFI::Platypus 2.00 ();
use FFI::Platypus::DL  qw(dlopen dlclose dlerror RTLD_PLATYPUS_DEFAULT);
use File::Basename     qw(dirname);
use File::Spec         ();
use POSIX              ();

our $VERSION = 'v0.1.0';

my ($ABI) = $VERSION =~ / \A v ( \d+ [.] \d+ ) /x;

# Returns the path or name of a library with a matching version.
sub path {
    my ( $file, $system ) =
        $^O eq 'darwin'
        ? ( 'libaura_users.dylib', "libaura_users.$ABI.dylib" )
        : ( 'libaura_users.so', "libaura_users.so.$ABI" );

    my $chosen = $ENV{AURA_USERS_LIBRARY} // q{};
    return _checked( $chosen, "AURA_USERS_LIBRARY is \"$chosen\", and it cannot be loaded" ) if length $chosen;

    my $own = File::Spec->catfile( dirname( File::Spec->rel2abs(__FILE__) ), 'native', _platform(), $file );
    return _checked( $own, "$own cannot be loaded" ) if -e $own;

    return _checked( $system,
              'the C library of Aura::Users was not found. Looked at: AURA_USERS_LIBRARY (not set), '
            . "$own (not there), the system's $system" );
}

# Returns the folder of this machine's library, such as linux-x86_64.
sub _platform {
    my $machine = ( POSIX::uname() )[4];
    my %same    = ( amd64 => 'x86_64', arm64 => 'aarch64' );
    return join q{-}, $^O eq 'darwin' ? 'macos' : $^O, $same{$machine} // $machine;
}

sub _checked ( $path, $problem ) {
    my $library = dlopen( $path, RTLD_PLATYPUS_DEFAULT ) // croak "$problem: " . dlerror();
    dlclose($library);

    my $version = eval { FFI::Platypus->new( api => 2, lib => $path )->function( aura_version => [] => 'string' ) }
        // croak "$path is not the C library of Aura::Users: it has no aura_version()";
    my $found   = $version->call;
    my $is_near = $found =~ / \A \Q$ABI\E [.] /x && version->parse("v$found") >= version->parse($VERSION);
    croak "$path has version $found; this package needs $ABI, at least $VERSION" if !$is_near;
    return $path;
}

1;
