import { AGENTS, COACHING, ESCALATIONS, INTERNAL_CALLS, OFFERS, QUEUES, SPECIALISTS, TRAINING_GAPS } from './sheets';
import { SheetPage } from './sheet';

export const TrainingGaps = () => <SheetPage sheet={TRAINING_GAPS} />;
export const Escalations = () => <SheetPage sheet={ESCALATIONS} />;
export const Queues = () => <SheetPage sheet={QUEUES} />;
export const Offers = () => <SheetPage sheet={OFFERS} />;
export const Agents = () => <SheetPage sheet={AGENTS} />;
export const Specialists = () => <SheetPage sheet={SPECIALISTS} />;
export const CoachingLedger = () => <SheetPage sheet={COACHING} />;
export const InternalCalls = () => <SheetPage sheet={INTERNAL_CALLS} />;
