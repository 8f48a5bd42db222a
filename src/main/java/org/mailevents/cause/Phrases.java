package org.mailevents.cause;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds which of many phrases a text contains. It reads each character of the text once, whatever the phrases and the text are (Aho and
 * Corasick, "Efficient string matching", 1975). A regular expression for each phrase would read the text once for each, and could
 * backtrack.
 *
 * <p>The phrases in ASCII have a table of their own. One table for all would have a column for each Japanese character in each of its many
 * rows: it would not fit into the caches of a processor, although most replies need only the columns of ASCII.
 */
final class Phrases {

    private final List<String> phrases;
    private final Automaton ascii;
    private final Automaton other;

    /** @param phrases at most some thousand phrases, which are not empty */
    Phrases(List<String> phrases) {
        this.phrases = List.copyOf(phrases);
        this.ascii = new Automaton(this.phrases, true);
        this.other = new Automaton(this.phrases, false);
    }

    /** The numbers of the phrases that the text contains, in the order of the constructor. */
    BitSet in(String text) {
        BitSet contained = new BitSet(phrases.size());
        ascii.find(text, contained);
        if (!isAscii(text)) {
            other.find(text, contained);
        }
        return contained;
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 128) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return phrases.toString();
    }

    /** Finds those of the phrases that are in ASCII, or those that are not. */
    private static final class Automaton {

        /** The class of all characters that are in no phrase. */
        private static final int OTHER = 0;

        private final char[] classes = new char[Character.MAX_VALUE + 1];
        private int classCount = 1;
        private char[] next;
        /** For each state, the phrases that end there. */
        private int[][] ends;

        Automaton(List<String> phrases, boolean inAscii) {
            List<Map<Character, Integer>> tree = new ArrayList<>(List.of(new HashMap<>()));
            List<List<Integer>> found = new ArrayList<>(List.of(new ArrayList<>()));
            for (int phrase = 0; phrase < phrases.size(); phrase++) {
                if (isAscii(phrases.get(phrase)) == inAscii) {
                    found.get(add(phrases.get(phrase), tree, found)).add(phrase);
                }
            }
            connect(tree, found);
        }

        /** Adds a phrase to the tree, and returns the state in which it ends. */
        private int add(String phrase, List<Map<Character, Integer>> tree, List<List<Integer>> found) {
            int state = 0;
            for (char c : phrase.toCharArray()) {
                if (classes[c] == OTHER) {
                    classes[c] = (char) classCount++;
                }
                Integer child = tree.get(state).get(c);
                if (child == null) {
                    child = tree.size();
                    tree.get(state).put(c, child);
                    tree.add(new HashMap<>());
                    found.add(new ArrayList<>());
                }
                state = child;
            }
            return state;
        }

        /** Adds the transitions for the characters that do not continue a phrase: they lead to the longest suffix that begins a phrase. */
        private void connect(List<Map<Character, Integer>> tree, List<List<Integer>> found) {
            next = new char[tree.size() * classCount];
            int[] suffix = new int[tree.size()];
            Deque<Integer> states = new ArrayDeque<>(List.of(0));
            while (!states.isEmpty()) {
                int state = states.remove();
                int row = state * classCount;
                if (state != 0) {
                    System.arraycopy(next, suffix[state] * classCount, next, row, classCount);
                    found.get(state).addAll(found.get(suffix[state]));
                }
                tree.get(state).forEach((c, child) -> {
                    suffix[child] = state == 0 ? 0 : next[row + classes[c]];
                    next[row + classes[c]] = (char) child.intValue();
                    states.add(child);
                });
            }
            ends = found.stream().map(list -> list.stream().mapToInt(Integer::intValue).toArray()).toArray(int[][]::new);
        }

        void find(String text, BitSet contained) {
            int state = 0;
            for (int i = 0; i < text.length(); i++) {
                state = next[state * classCount + classes[text.charAt(i)]];
                for (int phrase : ends[state]) {
                    contained.set(phrase);
                }
            }
        }
    }
}
