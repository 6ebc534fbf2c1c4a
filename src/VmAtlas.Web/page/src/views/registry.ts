import type { View } from "../ui/state";
import { allocationsView } from "./AllocationsView";
import { callTreeView } from "./CallTreeView";
import { changesView } from "./ChangesView";
import { eventsView } from "./EventsView";
import { flameView } from "./FlameView";
import { growthView } from "./GrowthView";
import { heapView } from "./HeapView";
import { managedView } from "./ManagedView";
import { mapView } from "./MapView";
import { pagesView } from "./PagesView";
import { stringsView } from "./StringsView";
import { timelineView } from "./TimelineView";
import type { ViewSpec } from "./view";

/** Every view there is, in the order of the tabs. */
export const VIEWS: readonly ViewSpec[] = [
  timelineView,
  changesView,
  mapView,
  pagesView,
  stringsView,
  heapView,
  managedView,
  callTreeView,
  flameView,
  allocationsView,
  growthView,
  eventsView,
];

export function offeredViews(view: View): readonly ViewSpec[] {
  return VIEWS.filter((spec) => spec.offered(view));
}
