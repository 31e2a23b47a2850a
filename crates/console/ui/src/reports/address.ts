import { useNavigate, useRouterState } from '@tanstack/react-router';
import { type Search, tidied } from './state';

/** What the address says, and a way to say something else; Back goes back. */
export function useAddress(): [Search, (next: Search) => void] {
  const search = useRouterState({ select: (state) => state.location.search }) as Search;
  const navigate = useNavigate();
  return [search, (next) => void navigate({ to: '.', search: tidied(next) as never })];
}
