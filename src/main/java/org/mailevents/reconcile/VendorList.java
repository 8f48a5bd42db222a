package org.mailevents.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.LocalDate;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Lists all records of an hour or of a day, page by page. How many records a page may have is not documented for these lists, so this class
 * finds it out: it asks for the largest page that is documented for the API, and takes a page for the last one only if an earlier page was
 * larger.
 */
final class VendorList {

    /** The largest page that the vendor documents ({@code blocks/list}). */
    private static final int LARGEST = 100;
    /** The vendor's default. */
    private static final int DEFAULT = 10;

    private final VendorApi api;
    private int rows = LARGEST;
    /** The largest page of each resource so far. The vendor may allow them different sizes. */
    private final Map<String, Integer> largest = new HashMap<>();

    VendorList(VendorApi api) {
        this.api = api;
    }

    /**
     * Where a listing goes on.
     *
     * @param page from 0
     * @param rows how many records the pages were asked to have
     */
    record Mark(int page, int rows) {

        static final Mark BEGIN = new Mark(0, LARGEST);
    }

    /**
     * The pages of a list that one run has read.
     *
     * @param records each record once, although a record may move to the next page while the pages are listed
     * @param next    where the listing goes on; null after the last page
     * @param ended   why the listing ended before the last page; null after the last page
     */
    record Pages(Collection<ObjectNode> records, Mark next, VendorProblem ended) {
    }

    /**
     * Reads the records of an hour or of a day up to the last page, or as far as the vendor and the budget allow.
     *
     * @param hour from 0 to 23, or null for the whole day
     * @param from where the listing begins
     * @throws VendorProblem if not even one page could be read
     */
    Pages read(String resource, LocalDate day, Integer hour, Mark from) throws VendorProblem, InterruptedException {
        if (from.page() > 0 && rows != from.rows()) {
            useRows(from.rows());
        }
        Set<ObjectNode> records = new LinkedHashSet<>();
        for (int page = from.page();; page++) {
            List<ObjectNode> next;
            try {
                next = page(resource, day, hour, page);
            } catch (VendorProblem e) {
                if (page == from.page()) {
                    throw e;
                }
                return new Pages(records, new Mark(page, rows), e);
            }
            boolean isNew = records.addAll(next);
            if (next.size() < largest.getOrDefault(resource, 0) || next.isEmpty()) {
                return new Pages(records, null, null);
            }
            largest.put(resource, next.size());
            if (!isNew) {
                throw new VendorProblem("The vendor's page " + page + " of " + resource + " repeats the pages before it.");
            }
        }
    }

    private void useRows(int wanted) {
        rows = wanted;
        largest.clear();
    }

    /** About how many calls these records need. */
    long calls(long records) {
        return records / rows + 1;
    }

    private List<ObjectNode> page(String resource, LocalDate day, Integer hour, int page) throws VendorProblem, InterruptedException {
        try {
            return api.page(resource, day, hour, page, rows);
        } catch (VendorProblem e) {
            if (page > 0 && e.refuses("p")) {
                return List.of();
            }
            if (page > 0 || rows == DEFAULT || !e.refuses("r")) {
                throw e;
            }
            useRows(DEFAULT);
            return api.page(resource, day, hour, page, rows);
        }
    }
}
