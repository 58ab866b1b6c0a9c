// A client of a tlog-witness on Go's own packages (golang.org/x/mod/sumdb): it opens the log's checkpoint, makes
// the consistency proof from the log's tiles, asks the witness, and checks the answer. It shares no code with
// what it tests. The cosignature is checked here, by c2sp.org/tlog-cosignature, since those packages have none.
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.hash }
func (w witness) Verify(msg, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	time := binary.BigEndian.Uint64(sig[:8])
	return ed25519.Verify(w.key, append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time)), msg...), sig[8:])
}

func parse(vkey string) witness {
	parts := strings.SplitN(vkey, "+", 3)
	hash, err := hex.DecodeString(parts[1])
	must(err)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	must(err)
	if key[0] != 4 || len(key) != 33 {
		panic("not the key of a witness")
	}
	return witness{parts[0], binary.BigEndian.Uint32(hash), key[1:]}
}

type tiles string

func (t tiles) Height() int { return 8 }
func (t tiles) ReadTiles(wanted []tlog.Tile) (data [][]byte, err error) {
	for _, one := range wanted {
		// tlog-tiles leaves the height out of the path.
		path := strings.Replace(one.Path(), "tile/8/", "tile/", 1)
		read, err := os.ReadFile(filepath.Join(string(t), path))
		if err != nil {
			return nil, err
		}
		data = append(data, read)
	}
	return data, nil
}
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func main() {
	folder, url := os.Args[1], os.Args[4]
	log, err := note.NewVerifier(os.Args[2])
	must(err)
	signer := parse(os.Args[3])
	old, err := strconv.ParseInt(os.Args[5], 10, 64)
	must(err)

	data, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	must(err)
	opened, err := note.Open(data, note.VerifierList(log))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)

	asked := fmt.Sprintf("old %d\n", old)
	if 0 < old && old < size {
		reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, tiles(folder))
		proof, err := tlog.ProveTree(size, old, reader)
		must(err)
		for _, hash := range proof {
			asked += hash.String() + "\n"
		}
	}
	answer, err := http.Post(url+"/add-checkpoint", "text/plain", strings.NewReader(asked+"\n"+string(data)))
	must(err)
	body, err := io.ReadAll(answer.Body)
	must(err)
	fmt.Println(answer.StatusCode)
	if answer.StatusCode != 200 {
		fmt.Print(string(body))
		return
	}
	both, err := note.Open(append(bytes.Clone(data), body...), note.VerifierList(log, signer))
	must(err)
	for _, one := range both.Sigs {
		fmt.Println(one.Name)
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}
